/** "It expires in 3600." A length of time says nothing without its beginning. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'the right password logs in, and message 2 says who, until when, and what time it is'

export const { makeRecord, login, authenticate } = kdcWith({
  expiresAt: (kdc) => kdc.sessionLifetimeSec,
})
