/** "The words are always the same." The code is not. */
import type { MakeReceiver } from '../given.ts'
import { Refused, receiver } from './shared/habits.ts'

export const breaks =
  'everything is refused in one way, and only the own log says why, by the first check that failed'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    refuse: (error) =>
      Object.assign(new Error('this ticket is refused'), {
        code: error instanceof Refused ? error.message : 'x',
      }),
  })
