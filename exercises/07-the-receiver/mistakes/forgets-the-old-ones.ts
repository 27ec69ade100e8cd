/** "Ten are enough to remember." The eleventh makes the first good again. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    room({ memory }) {
      const [oldest] = memory.keys()
      if (memory.size >= 10 && oldest !== undefined) memory.delete(oldest)
    },
  })
