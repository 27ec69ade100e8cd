/** "What has expired need not be looked at any further." The log says expired of what was never for bob. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks =
  'everything is refused in one way, and only the own log says why, by the first check that failed'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    receiver(content, seen) {
      STEPS.times(content, seen)
      STEPS.receiver(content, seen)
    },
  })
