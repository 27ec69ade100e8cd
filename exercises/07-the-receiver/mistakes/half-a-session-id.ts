/** "The first half is enough to tell them apart." Then half of it may be anything. */
import { EMPTY, equal, hkdf } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { check, receiver } from './shared/habits.ts'

export const breaks = 'a ticket of another length, version or session is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    session({ login, header }) {
      const sid = hkdf(login.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
      check(equal(header.subarray(1, 9), sid.subarray(0, 8)), 'ticket_not_for_us')
    },
  })
