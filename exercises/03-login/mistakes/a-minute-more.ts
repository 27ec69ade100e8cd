/** "Clocks differ, so I give a minute." There is one clock here: the KDC wrote the time, and reads it. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

export const { makeRecord, login, authenticate } = kdcWith({
  isOver: ({ expiresAt }, { now }) => expiresAt + 60 <= now,
})
