/** "I remember it, and see that there is no room." It was refused, and counts as used. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    room(seen) {
      const { memory, salt, now } = seen
      for (const [old, until] of memory) if (until <= now) memory.delete(old)
      const isFull = memory.size >= seen.login.memory
      memory.set(salt, now + 5000)
      check(!isFull, 'request_refused')
    },
  })
