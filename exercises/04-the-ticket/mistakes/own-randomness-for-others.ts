/** "For any other caller Node's randomness is as good." Who hands in randomness has a reason, and cannot see what was taken instead. */
import { randomBytes as random } from 'node:crypto'
import type { MakeSenderinfo } from '../given.ts'
import { makeSenderinfo as right } from '../solution/ticket.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'makeSenderinfo seals what it is given, whoever calls it'

export const makeSenderinfo: MakeSenderinfo = (content, token) => right(content, token, random)

export const answerUserinfo = answerWith(right)
