/** "After an error nothing secret may be left." The token is needed as soon as there is randomness again. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'without randomness there is no answer'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  try {
    return right(sender, receiver, kdc)
  } catch (error) {
    receiver.token.wipe()
    throw error
  }
}
