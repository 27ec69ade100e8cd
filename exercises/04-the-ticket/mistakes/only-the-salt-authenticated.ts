/** "The salt is what matters." Then the session id can be exchanged, and the version. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'nobody can change the header without bob noticing'

export const answerUserinfo = answerWith(ticketWith({ aad: (_header, _sid, salt) => salt }))
