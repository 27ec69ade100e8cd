/** "A token that was shown is used up." A ticket is good once; a session is shown again and again. */
import { kdcWith, type Session, whose } from './shared/kdc.ts'

export const breaks = 'a token speaks for the one who logged in, as often as it is shown, and beside others'

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, request) => {
    const session = whose(sessions, request)
    if (session) (sessions as Session[]).splice(sessions.indexOf(session), 1)
    return session
  },
})
