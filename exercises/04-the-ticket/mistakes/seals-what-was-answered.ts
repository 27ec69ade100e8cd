/** "Nobody calls it but answerUserinfo." It is exported: who calls it gets a ticket with the secret of an earlier answer. */
import type { AnswerUserinfo, MakeSenderinfo } from '../given.ts'
import { makeSenderinfo as seal } from '../solution/ticket.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'makeSenderinfo seals what it is given, whoever calls it'

let last = ''

export const makeSenderinfo: MakeSenderinfo = (content, token, randomBytes) =>
  seal({ ...content, secret: last || content.secret }, token, randomBytes)

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  answerWith((content, token, randomBytes) => {
    last = content.secret
    return makeSenderinfo(content, token, randomBytes)
  })(sender, receiver, kdc)
