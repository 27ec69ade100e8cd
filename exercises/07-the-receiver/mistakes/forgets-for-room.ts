/** "When it is full, the oldest one goes." It is good for a second channel then. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    room({ memory, login }) {
      const [oldest] = memory.keys()
      if (memory.size >= login.memory && oldest !== undefined) memory.delete(oldest)
    },
  })
