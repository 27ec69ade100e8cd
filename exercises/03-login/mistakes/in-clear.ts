/** "base64 looks encrypted." It is another way to write the same bytes. */
import { toBase64url, utf8 } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is what scrypt makes of the password, and shows nothing of it'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => ({
    N: 2 ** 14,
    r: 8,
    p: 1,
    salt: toBase64url(randomBytes(16)),
    hash: toBase64url(utf8(password)),
  }),
})
