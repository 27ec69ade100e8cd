/** "A name made of the token by HKDF, with the info at hand." With another info it is another name. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the header names bob's session, and gives nothing of his token away"

export const answerUserinfo = answerWith(
  ticketWith({ sid: (token) => hkdf(token.reveal(), EMPTY, 'symbolon/1 ticket', 16) }),
)
