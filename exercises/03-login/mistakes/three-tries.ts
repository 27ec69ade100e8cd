/** "After three wrong tokens the session is over." Anybody can send three wrong tokens in the name of alice. */
import { kdcWith, whose } from './shared/kdc.ts'

export const breaks = 'nothing but the whole token is taken, and nothing else throws'

const tries = new Map<string, number>()

export const { makeRecord, login, authenticate } = kdcWith({
  whose: (sessions, request) => {
    const session = whose(sessions, request)
    if (!session) tries.set(request.username, (tries.get(request.username) ?? 0) + 1)
    return (tries.get(request.username) ?? 0) > 3 ? undefined : session
  },
})
