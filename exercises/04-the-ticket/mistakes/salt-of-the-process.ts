/** "Drawn once when the program starts, from the best source there is." Fresh for every ticket, it must be. */
import { secureRandomBytes } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const SALT = secureRandomBytes(32)

export const answerUserinfo = answerWith(ticketWith({ salt: () => SALT }))
