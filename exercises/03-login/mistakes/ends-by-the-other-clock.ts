/** "Date.now() is the time." It is that of another clock than the one which wrote expires_at. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

export const { makeRecord, login, authenticate } = kdcWith({
  isOver: ({ expiresAt }) => expiresAt <= Date.now() / 1000,
})
