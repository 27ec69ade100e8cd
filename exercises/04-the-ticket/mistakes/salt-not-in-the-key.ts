/** "The salt is in the ticket, as the protocol says." It must be in the key: there it does its work. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({ key: (token) => hkdf(token, EMPTY, 'symbolon/1 ticket') }),
)
