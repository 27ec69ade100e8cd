/** "The program of alice knows when it ends." Whoever has stolen the token does not look. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

export const { makeRecord, login, authenticate } = kdcWith({
  isOver: () => false,
})
