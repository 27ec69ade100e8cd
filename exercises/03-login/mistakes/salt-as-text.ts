/** "scryptSync takes text as well." It takes it as UTF-8: the 22 letters, and not the 16 bytes that they stand for. */
import { toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is what scrypt makes of the password, and shows nothing of it'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = toBase64url(randomBytes(16))
    return {
      N: 2 ** 14,
      r: 8,
      p: 1,
      salt,
      hash: toBase64url(hashOf(password, salt, { N: 2 ** 14, r: 8, p: 1 })),
    }
  },
})
