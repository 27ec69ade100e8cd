/** "Fresh random bytes: I have some already." They stand in the ticket, for all to read. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((salt) => salt)
