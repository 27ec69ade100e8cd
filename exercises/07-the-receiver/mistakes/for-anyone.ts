/** "It opened under my token, so it is for me." That only says which key sealed it. */
import type { MakeReceiver } from '../given.ts'
import { receiver } from './shared/habits.ts'

export const breaks = 'a ticket for carol is refused, though it opens'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    receiver: () => {},
  })
