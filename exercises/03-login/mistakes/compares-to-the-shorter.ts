/** "Compare byte by byte, as long as both have one." A token of one letter is right once in 64 tries. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username, token }) =>
    sessions.find((session) => {
      const length = Math.min(session.token.length, token.length)
      return session.username === username && session.token.slice(0, length) === token.slice(0, length)
    }),
})
