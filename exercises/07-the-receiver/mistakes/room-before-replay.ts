/** "Without room I need not look further." The log says full where somebody played a ticket again. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks =
  'everything is refused in one way, and only the own log says why, by the first check that failed'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    replay(seen, content) {
      STEPS.room(seen)
      STEPS.replay(seen, content)
    },
    room: () => {},
  })
