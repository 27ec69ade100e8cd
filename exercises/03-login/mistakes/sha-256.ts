/** "A hash cannot be turned round." Nobody turns it round. One hashes the dictionary, and compares. */
import { createHash } from 'node:crypto'
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is what scrypt makes of the password, and shows nothing of it'

export const { makeRecord, login, authenticate } = kdcWith({
  makeRecord: (password, randomBytes) => {
    const hash = toBase64url(createHash('sha256').update(password).digest())
    return { N: 2 ** 14, r: 8, p: 1, salt: toBase64url(randomBytes(16)), hash }
  },
})
