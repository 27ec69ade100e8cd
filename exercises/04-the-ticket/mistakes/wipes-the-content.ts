/** "Nothing secret stays behind." The content is the caller's, who may need it once more. */
import type { Secret } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { makeSenderinfo as right } from '../solution/ticket.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'what your code is given stays as it was'

export const makeSenderinfo: MakeSenderinfo = (content, token: Secret, randomBytes) => {
  const senderinfo = right(content, token, randomBytes)
  Reflect.set(content, 'secret', '')
  return senderinfo
}

export const answerUserinfo = answerWith(makeSenderinfo)
