/** "There is only one bob." He may have logged in twice, and has a token for each. */
import { concat } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo = answerWith(
  ticketWith({ header: (version, _sid, salt) => concat(version, salt) }),
)
