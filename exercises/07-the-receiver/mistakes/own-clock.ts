/** "Date.now() is the time." Bob's clock is wrong; `now` is the KDC's. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks =
  'a ticket is good from its first second to its last, with 60 seconds to spare on both sides'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    times: (content, seen) => STEPS.times(content, { ...seen, now: Math.floor(Date.now() / 1000) }),
  })
