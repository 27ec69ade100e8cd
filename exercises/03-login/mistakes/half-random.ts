/** "Half of it is the name, so that I find it again." The other half is all that has to be guessed, and the name is told to all. */
import { toBase64url, utf8 } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  token: ({ username }, kdc) => {
    const bytes = new Uint8Array(32)
    bytes.set(utf8(username.slice(0, 16)))
    bytes.set(kdc.randomBytes(16), 16)
    return toBase64url(bytes)
  },
})
