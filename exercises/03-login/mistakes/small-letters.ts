/** "Large or small letters, that is all the same." In base64url it is another token. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username, token }) =>
    sessions.find((session) => {
      return session.username === username && session.token.toLowerCase() === token.toLowerCase()
    }),
})
