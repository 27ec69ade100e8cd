/** "128 bits are enough." They would be; but the token is also a key, and keys here have 32 bytes. */
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  token: (_, kdc) => toBase64url(kdc.randomBytes(16)),
})
