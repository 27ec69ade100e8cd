/** "The header is known, so I build it anew." Then nothing compares the one that came. */
import { concat, open, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { receiver, ticketKey } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    version: () => {},
    unseal({ login, header, ticket }) {
      const built = concat(Uint8Array.of(1), header.subarray(1))
      return open(ticketKey(login.token, header), ZERO_NONCE, built, ticket.subarray(49))
    },
  })
