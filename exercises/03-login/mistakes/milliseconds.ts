/** "Time is Date.now()." In JavaScript. On the wire it is in seconds. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'the right password logs in, and message 2 says who, until when, and what time it is'

export const { makeRecord, login, authenticate } = kdcWith({
  expiresAt: (kdc) => (kdc.now + kdc.sessionLifetimeSec) * 1000,
  isOver: ({ expiresAt }, { now }) => expiresAt <= now * 1000,
})
