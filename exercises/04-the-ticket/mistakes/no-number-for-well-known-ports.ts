/** "443 is called https." Alice can dial numbers only. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

const NAMES: Readonly<Record<number, string>> = { 80: 'http', 443: 'https' }

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  return { ...answer, port: (NAMES[answer.port] as unknown as number) ?? answer.port }
}
