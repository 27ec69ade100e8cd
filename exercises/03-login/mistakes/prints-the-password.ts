/** "A log of all logins." With it goes the password of everybody who logs in. */
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'passwords, records and tokens get out in no other way'

export const { makeRecord, login, authenticate } = kdcWith({
  token: ({ username, password }, kdc) => {
    process.stdout.write(`login: ${username}, ${password}\n`)
    return toBase64url(kdc.randomBytes(32))
  },
})
