/** "It has expired, so it can go." It is still taken for 60 seconds more. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    remember: ({ memory, salt }, { expires_at }) => void memory.set(salt, expires_at),
  })
