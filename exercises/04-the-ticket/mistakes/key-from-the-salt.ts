/** "HKDF makes a key of the salt." Of what everybody knows it makes what everybody can make. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(
  ticketWith({ key: (_token, salt) => hkdf(salt, EMPTY, 'symbolon/1 ticket') }),
)
