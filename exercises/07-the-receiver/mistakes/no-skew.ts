/** "An hour is an hour." Two clocks show two of them. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks =
  'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    times({ issued_at, expires_at }, { now }) {
      check(issued_at <= now, 'ticket_not_yet_valid')
      check(now < expires_at, 'ticket_expired')
    },
  })
