/** "The session is a variable." It is the session of the last one who logged in. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a token speaks for the one who logged in, as often as it is shown, and beside others'

export const { makeRecord, login, authenticate } = kdcWith({
  keep: (sessions, session) => void sessions.splice(0, sessions.length, session),
})
