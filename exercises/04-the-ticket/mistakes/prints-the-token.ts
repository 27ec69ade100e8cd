/** "Bytes are not readable." Each of these numbers is one. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  console.error('sealing with', receiver.token.reveal())
  return right(sender, receiver, kdc)
}
