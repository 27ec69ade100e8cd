/** "Alice may write to herself." Then she gets herself a ticket for bob that bob never meant. */
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket for carol is refused, though it opens'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    receiver: ({ receiver: name, username }, { login }) =>
      check([username, login.username].includes(name), 'ticket_not_for_us'),
  })
