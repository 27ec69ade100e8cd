/** "A session lasts an hour." How long it lasts, the KDC is told by its operator. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'the right password logs in, and message 2 says who, until when, and what time it is'

export const { makeRecord, login, authenticate } = kdcWith({
  expiresAt: (kdc) => kdc.now + 3600,
})
