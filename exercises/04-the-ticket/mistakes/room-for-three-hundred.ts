/** "Twice what the example needs is room enough." Not for two long names and a long address at a late time: their end is cut off. */
import type { AnswerUserinfo, MakeSenderinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

function plaintext(content: unknown): Uint8Array {
  const buffer = new Uint8Array(300)
  const { written } = new TextEncoder().encodeInto(JSON.stringify(content), buffer)
  return buffer.subarray(0, written)
}

export const makeSenderinfo: MakeSenderinfo = ticketWith({ plaintext })
export const answerUserinfo: AnswerUserinfo = answerWith(makeSenderinfo)
