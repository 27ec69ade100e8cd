/** "Alice has just logged in again, so she is here." That is the new session. The old token may be in other hands. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

export const { makeRecord, login, authenticate } = kdcWith({
  keep: (sessions, session) => {
    for (const [i, { username, token }] of sessions.entries()) {
      if (username === session.username) sessions[i] = { ...session, token }
    }
    sessions.push(session)
  },
})
