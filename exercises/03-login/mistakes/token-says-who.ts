/** "The token says who it is, then I need no table." Everybody can write one. */
import { fromBase64url, fromUtf8, toBase64url, utf8 } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'every login gives another token, of 32 random bytes'

export const { makeRecord, login, authenticate } = kdcWith({
  token: ({ username }, kdc) =>
    toBase64url(utf8(JSON.stringify({ username, expiresAt: kdc.now + kdc.sessionLifetimeSec }))),
  whose: (_, { token }) => ({ token, ...JSON.parse(fromUtf8(fromBase64url(token))) }),
})
