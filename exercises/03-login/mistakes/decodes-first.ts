/** "A token is 32 bytes, so I decode it." What comes from the wire is any text, and this throws for most of it. */
import { equal, fromBase64url } from 'symbolon/protocol'
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, { username, token }) => {
    const bytes = fromBase64url(token)
    return sessions.find(
      (session) => session.username === username && equal(fromBase64url(session.token), bytes),
    )
  },
})
