/** "Eight bytes are enough to tell them apart." Then 2^32 tickets are enough for two that are taken for one. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    replay: ({ memory, salt }) => check(!memory.has(salt.slice(0, 10)), 'ticket_replayed'),
    remember: ({ memory, salt }, { expires_at }) => void memory.set(salt.slice(0, 10), expires_at + 60),
  })
