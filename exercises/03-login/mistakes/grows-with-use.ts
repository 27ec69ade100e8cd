/** "Who uses it may keep it." A thief uses it every hour, for ever. */
import { kdcWith, type Session } from './shared/kdc.ts'

export const breaks = "a session ends at its expires_at, by the KDC's clock"

const lastUse = new Map<Session, number>()

export const { makeRecord, login, authenticate } = kdcWith({
  isOver: (session, { now }) => {
    const used = (lastUse.get(session) ?? session.expiresAt - 60) + 60 > now || session.expiresAt > now
    if (used) lastUse.set(session, now)
    return !used
  },
})
