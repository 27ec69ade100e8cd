/** "Mine is better: it is version 2." Bob knows of one version, and closes at any other. */
import { concat } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo = answerWith(
  ticketWith({ header: (_version, sid, salt) => concat(Uint8Array.of(0x02), sid, salt) }),
)
