/** "Refused." In bob's own log a word for each reason is no harm, and a help. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks =
  'everything is refused in one way, and only the own log says why, by the first check that failed'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    tell: () => ['ticket_damaged'],
  })
