/** "Tickets live for five minutes." Most of them. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    remember: ({ memory, salt, now }) => void memory.set(salt, now + 360),
  })
