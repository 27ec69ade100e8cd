/** "The end is what counts." A ticket from tomorrow is of a clock that is wrong, and good for a day too long. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks =
  'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    times: ({ expires_at }, { now }) => check(now - 60 < expires_at, 'ticket_expired'),
  })
