/** "The first byte is enough to tell them apart." One in 256 is another. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    session({ login, header }) {
      const sid = hkdf(login.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
      check(header.length === 49 && header[1] === sid[1 - 1], 'ticket_not_for_us')
    },
    length({ ticket }) {
      check(ticket.length >= 65, 'ticket_damaged')
    },
  })
