/**
 * The grader of exercise 04: what the answer and the ticket must be, looked at from outside.
 *
 * @module
 */
import type { Grader } from '../examiner/grading.ts'
import { OF_THE_ANSWER } from './properties/answer.ts'
import { OF_THE_PROGRAM } from './properties/program.ts'
import { OF_THE_SECRET } from './properties/secret.ts'
import { OF_THE_TICKET } from './properties/ticket.ts'
import { StudentKdc } from './student.ts'

export const grader: Grader<StudentKdc> = {
  file: 'ticket.ts',
  tools: [
    'concat',
    'EMPTY',
    'hkdf',
    'KEY_BYTES',
    'seal',
    'TAG_BYTES',
    'toBase64url',
    'utf8',
    'Secret',
    'ZERO_NONCE',
    'fromUtf8',
    'fromBase64url',
    'equal',
    'u16',
  ],
  subject: (program) => new StudentKdc(program),
  properties: [...OF_THE_ANSWER, ...OF_THE_TICKET, ...OF_THE_SECRET, ...OF_THE_PROGRAM],
}
