/** "Alice has called already." She may call again. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    replay: ({ memory }, { username }) => check(!memory.has(username), 'ticket_replayed'),
    remember: ({ memory }, { username, expires_at }) => void memory.set(username, expires_at + 60),
  })
