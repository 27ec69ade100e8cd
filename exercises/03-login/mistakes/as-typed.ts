/** "é is é." It is one character on one keyboard and two on another, and scrypt sees bytes. */
import { fromBase64url, toBase64url } from 'symbolon/protocol'
import { hashOf, isRight, kdcWith } from './shared/kdc.ts'

export const breaks = 'a record is read with its own cost, and a password in any spelling of its letters'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => {
    if (!record) return isRight(record, password)
    const { salt, hash, ...cost } = record
    return toBase64url(hashOf(password, fromBase64url(salt), cost)) === hash
  },
})
