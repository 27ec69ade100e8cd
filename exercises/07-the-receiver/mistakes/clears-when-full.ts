/** "When it is full, I begin anew." Every ticket of the last minutes is good again. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    room({ memory, login }) {
      if (memory.size >= login.memory) memory.clear()
    },
  })
