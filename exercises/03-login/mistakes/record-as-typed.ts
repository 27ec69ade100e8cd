/** "Where it is compared it is normalised." And where it is kept it is not: they never meet. */
import { toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is read with its own cost, and a password in any spelling of its letters'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = randomBytes(16)
    const cost = { N: 2 ** 14, r: 8, p: 1 }
    return { ...cost, salt: toBase64url(salt), hash: toBase64url(hashOf(password, salt, cost)) }
  },
})
