/** "Four bytes of salt are four billion." Enough for one table; not against one that was computed for all of them. */
import { toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'every record has a salt of its own, of 16 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = randomBytes(4)
    return {
      N: 2 ** 14,
      r: 8,
      p: 1,
      salt: toBase64url(salt),
      hash: toBase64url(hashOf(password, salt, { N: 2 ** 14, r: 8, p: 1 })),
    }
  },
})
