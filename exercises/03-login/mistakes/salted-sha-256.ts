/** "With a salt it is safe." The salt keeps the thief from trying all records at once. One after the other is fast enough. */
import { createHash } from 'node:crypto'
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is what scrypt makes of the password, and shows nothing of it'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const salt = randomBytes(16)
    const hash = toBase64url(createHash('sha256').update(salt).update(password).digest())
    return { N: 2 ** 14, r: 8, p: 1, salt: toBase64url(salt), hash }
  },
})
