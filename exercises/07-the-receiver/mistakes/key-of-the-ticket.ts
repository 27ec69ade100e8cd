/** "The key that opens the ticket is the key of the channel." Alice does not have it. */
import { Secret } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { receiver, STEPS, ticketKey } from './shared/habits.ts'

export const breaks = 'a good ticket is accepted: who it is from, where they are, and the secret'

let last: Uint8Array = new Uint8Array(32)

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    accept({ username, ip_addr }) {
      return { username, ip_addr, secret: new Secret('channel secret', last) }
    },
    unseal(seen) {
      last = ticketKey(seen.login.token, seen.header)
      return STEPS.unseal(seen)
    },
  })
