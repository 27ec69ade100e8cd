/** "All of the header is there." But bob looks for the session id at byte 1, and finds the salt. */
import { concat } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo = answerWith(
  ticketWith({ header: (version, sid, salt) => concat(version, salt, sid) }),
)
