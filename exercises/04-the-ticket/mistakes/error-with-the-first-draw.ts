/** "How far it came helps to find the fault." It came as far as the secret. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const drawn: string[] = []
  const randomBytes = (length: number) => {
    const bytes = kdc.randomBytes(length)
    drawn.push(Buffer.from(bytes).toString('hex'))
    return bytes
  }
  try {
    return right(sender, receiver, { ...kdc, randomBytes })
  } catch {
    throw new Error(`randomness failed after ${drawn.join(' ') || 'nothing'}`)
  }
}
