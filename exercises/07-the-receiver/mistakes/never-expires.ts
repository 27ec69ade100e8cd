/** "It opens, so it is good." In a year, too. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks =
  'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    times: ({ issued_at }, { now }) => check(issued_at <= now + 60, 'ticket_not_yet_valid'),
  })
