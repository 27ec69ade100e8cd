/** "One MiB is a lot of memory." Not for a thief, whose machine has as much for each of its ten thousand cores. */
import { toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'one try costs 16 MiB of memory, for the thief as well'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = randomBytes(16)
    const cost = { N: 2 ** 10, r: 8, p: 1 }
    return { ...cost, salt: toBase64url(salt), hash: toBase64url(hashOf(password, salt, cost)) }
  },
})
