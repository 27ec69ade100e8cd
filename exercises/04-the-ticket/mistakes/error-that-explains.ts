/** "An error should say what was at hand." It ends up in a log, with the token. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  try {
    return right(sender, receiver, kdc)
  } catch (cause) {
    const token = receiver.token.toText()
    throw Object.assign(new Error('no ticket could be made', { cause }), { receiver: { ...receiver, token } })
  }
}
