/** "When one session is over I remove what there is of alice." Her telephone has another, which lasts. */
import { kdcWith, whose } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

const gone = new Set<string>()

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, request) => (gone.has(request.username) ? undefined : whose(sessions, request)),
  isOver: ({ username, expiresAt }, { now }) => {
    if (expiresAt <= now) gone.add(username)
    return expiresAt <= now
  },
})
