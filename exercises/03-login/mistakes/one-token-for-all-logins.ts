/** "Alice is logged in already, so she gets her token again." Whoever had the old one has the new one. */
import { toBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

const kept = new Map<string, string>()

export const { makeRecord, login, authenticate } = kdcWith({
  token: ({ username }, kdc) => {
    const token = kept.get(username) ?? toBase64url(kdc.randomBytes(32))
    kept.set(username, token)
    return token
  },
})
