/** "The time is what my computer says." The KDC has a clock, and everything goes by it. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'the right password logs in, and message 2 says who, until when, and what time it is'

export const { makeRecord, login, authenticate } = kdcWith({
  expiresAt: (kdc) => Math.floor(Date.now() / 1000) + kdc.sessionLifetimeSec,
})
