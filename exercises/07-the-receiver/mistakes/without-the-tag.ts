/** "The stream is its own inverse, so decrypting is encrypting." And who compares the tag? */
import { createCipheriv } from 'node:crypto'
import { ZERO_NONCE } from 'symbolon/protocol'
import type { MakeReceiver } from '../given.ts'
import { receiver, ticketKey } from './shared/habits.ts'

export const breaks = 'a ticket in which one bit was changed is refused'

export const makeReceiver: MakeReceiver = (login) =>
  receiver(login, {
    unseal({ login, header, ticket }) {
      const options = { authTagLength: 16 }
      const cipher = createCipheriv('chacha20-poly1305', ticketKey(login.token, header), ZERO_NONCE, options)
      return cipher.update(ticket.subarray(49, -16))
    },
  })
