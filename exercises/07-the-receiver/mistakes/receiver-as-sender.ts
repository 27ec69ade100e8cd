/** "username is the name." There are two names in a ticket, and this one is bob's own. */
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS } from './shared/habits.ts'

export const breaks = 'a good ticket is accepted: who it is from, where they are, and the secret'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    accept: ({ receiver, ip_addr }, secret) => STEPS.accept({ username: receiver, ip_addr } as never, secret),
  })
