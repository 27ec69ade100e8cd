/** "A new login replaces the old one." Alice sits at her desk, and her telephone is logged out. */
import { kdcWith } from './shared/kdc.ts'

export const breaks = 'a token speaks for the one who logged in, as often as it is shown, and beside others'

export const { makeRecord, login, authenticate } = kdcWith({
  keep: (sessions, session) => {
    const at = sessions.findIndex(({ username }) => username === session.username)
    sessions.splice(at < 0 ? sessions.length : at, 1, session)
  },
})
