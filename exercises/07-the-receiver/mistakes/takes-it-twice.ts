/** "It is good for five minutes, the ticket says." For one channel. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket opens one channel, and no second one'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    remember: () => {},
  })
