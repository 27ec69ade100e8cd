/** "The info is only a label." It keeps apart what is made of one token: the session id, which all may see, and the key. */
import { hkdf } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(ticketWith({ key: (token, salt) => hkdf(token, salt, '') }))
