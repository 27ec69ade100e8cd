/** "Math.random is random." Who has seen some of its numbers computes the others. */
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  token: () => toBase64url(Uint8Array.from({ length: 32 }, () => Math.floor(Math.random() * 256))),
})
