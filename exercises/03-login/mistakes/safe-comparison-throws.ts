/** "timingSafeEqual compares in constant time." It throws when the lengths differ, and so does the KDC. */
import { timingSafeEqual } from 'node:crypto'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username, token }) =>
    sessions.find((session) => {
      return session.username === username && timingSafeEqual(Buffer.from(session.token), Buffer.from(token))
    }),
})
