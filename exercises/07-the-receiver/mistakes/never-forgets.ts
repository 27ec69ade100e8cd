/** "What was used stays used." One day there is no more room, and nobody reaches bob. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'the memory is bounded, and forgets only what has expired'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    room: ({ memory, login }) => check(memory.size < login.memory, 'request_refused'),
  })
