/** "After the minute is after." The second in which it is over is not good any more: now - 60 < expires_at. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks =
  'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    times({ issued_at, expires_at }, { now }) {
      check(issued_at <= now + 60, 'ticket_not_yet_valid')
      check(now - 60 <= expires_at, 'ticket_expired')
    },
  })
