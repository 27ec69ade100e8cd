/** "The associated data is the header, and what is sent is text." It is the bytes, before they become text. */
import { toBase64url, utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'nobody can change the header without bob noticing'

export const answerUserinfo = answerWith(ticketWith({ aad: (header) => utf8(toBase64url(header)) }))
