/** "Compared as far as my name goes." Bobby begins like bob. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket for carol is refused, though it opens'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    receiver: ({ receiver: name }, { login }) =>
      check(name.startsWith(login.username) || login.username.startsWith(name), 'ticket_not_for_us'),
  })
