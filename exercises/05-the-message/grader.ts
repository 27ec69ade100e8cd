/**
 * The grader of exercise 05: what alice puts on the line, and what she makes of what comes.
 *
 * @module
 */
import type { Grader } from '../examiner/grading.ts'
import type { StudentProgram } from '../examiner/program.ts'
import type { Property } from '../examiner/property.ts'
import { programmed } from './alice.ts'
import { always } from './always.ts'
import { beginning } from './beginning.ts'
import { hearing } from './hearing.ts'
import { Meetings } from './meetings.ts'
import { saying } from './saying.ts'

export const properties: readonly Property<Meetings>[] = [...beginning, ...saying, ...hearing, ...always]

export const grader: Grader<Meetings> = {
  file: 'message.ts',
  tools: [
    'concat',
    'decodeRecords',
    'EMPTY',
    'encodeMessage',
    'encodeRecord',
    'HandshakeState',
    'NNpsk0',
    'u16',
    'utf8',
    'fromUtf8',
    'equal',
    'toBase64url',
    'fromBase64url',
    'hkdf',
    'seal',
    'open',
    'ZERO_NONCE',
    'secureRandomBytes',
    'CipherState',
    'SymmetricState',
    'Secret',
    'KEY_BYTES',
    'TAG_BYTES',
  ],
  subject: (program: StudentProgram) => new Meetings(programmed(program)),
  properties,
}
