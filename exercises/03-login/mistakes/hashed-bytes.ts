/** "I hash a few random bytes, then there are 32." Eight random bytes, whatever is made of them. */
import { createHash } from 'node:crypto'
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  token: (_, kdc) => toBase64url(createHash('sha256').update(kdc.randomBytes(8)).digest()),
})
