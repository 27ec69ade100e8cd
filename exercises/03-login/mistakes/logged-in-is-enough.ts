/** "Alice is logged in, I remember that." And whoever says that the name is alice? */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a token speaks for the one who logged in, as often as it is shown, and beside others'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username }) => sessions.find((session) => session.username === username),
})
