/** "Whoever has a token is logged in." As whom? */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a token speaks for the one who logged in, as often as it is shown, and beside others'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { token }) => sessions.find((session) => session.token === token),
})
