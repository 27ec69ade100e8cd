/** "16 random bytes are enough." Perhaps; but bob takes 32, and the other 16 from what is sealed. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo = answerWith(ticketWith({ salt: (randomBytes) => randomBytes(16) }))
