/** "A Set knows what it has." Two lists of the same bytes are two objects to it. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

const seen = new Set<Uint8Array>()

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    replay: ({ header }) => check(!seen.has(header), 'ticket_replayed'),
    remember: ({ header }) => void seen.add(header),
  })
