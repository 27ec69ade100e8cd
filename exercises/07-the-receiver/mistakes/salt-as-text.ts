/** "A Map wants text, and toString() makes it." Of bytes that are no UTF-8 it makes one and the same question mark: other tickets are refused. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

const text = (header: Uint8Array) => Buffer.from(header.subarray(17)).toString()

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    replay: ({ memory, header }) => check(!memory.has(text(header)), 'ticket_replayed'),
    remember: ({ memory, header }, { expires_at }) => void memory.set(text(header), expires_at + 60),
  })
