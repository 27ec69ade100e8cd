/** "A good error says what is wrong." To a stranger, who learns from it. */
import type { MakeReceiver } from '../given.ts'
import { Refused, receiver } from './shared/habits.ts'

export const breaks =
  'everything is refused in one way, and only the own log says why, by the first check that failed'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    refuse: (error) => new Error(error instanceof Refused ? error.message : 'ticket_damaged'),
  })
