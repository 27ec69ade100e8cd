/** "The first eight letters of a hash are enough to tell two apart." By chance, yes; who tries needs a password for 48 bits only. */
import { fromBase64url, toBase64url } from 'symbolon/protocol'
import { hashOf, kdcWith } from './shared/kdc.ts'

export const breaks = 'a wrong password and an unknown name are answered alike'

export const { makeRecord, login, authenticate } = kdcWith({
  isRight: (record, password) => {
    const { salt, hash, ...cost } = record ?? { N: 16, r: 1, p: 1, salt: '', hash: '' }
    const made = toBase64url(hashOf(password.normalize('NFC'), fromBase64url(salt), cost))
    return record !== undefined && made.startsWith(hash.slice(0, 8))
  },
})
