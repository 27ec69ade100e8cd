/** "A number that grows is never the same." The next one is known to all who have one. */
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

let count = 0

export const { makeRecord, login, authenticate } = kdcWith({
  token: () => {
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(28, ++count)
    return toBase64url(bytes)
  },
})
