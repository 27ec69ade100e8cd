/** "startsWith, in case it was cut on the way." The empty text is a beginning of every token. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username, token }) =>
    sessions.find((session) => session.username === username && session.token.startsWith(token)),
})
