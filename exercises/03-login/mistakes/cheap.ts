/** "scrypt is slow by itself." Only as slow as N and r say. */
import { toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'one try costs 16 MiB of memory, for the thief as well'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = randomBytes(16)
    const cost = { N: 2, r: 1, p: 1 }
    return { ...cost, salt: toBase64url(salt), hash: toBase64url(hashOf(password, salt, cost)) }
  },
})
