/** "It is not enumerable, so no log shows it." A debugger does, and whatever reports errors to somewhere else. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const drawn: Uint8Array[] = []
  const randomBytes = (length: number) => {
    const bytes = kdc.randomBytes(length)
    drawn.push(bytes)
    return bytes
  }
  try {
    return right(sender, receiver, { ...kdc, randomBytes })
  } catch (error) {
    const [secret] = drawn
    const value = secret && Buffer.from(secret).toString('hex')
    throw Object.defineProperty(error as Error, 'secret', { value })
  }
}
