import type { Grader } from '../examiner/grading.ts'
import { ofAgreement } from './agreement.ts'
import { Sides } from './sides.ts'
import { ofStrangers } from './strangers.ts'

export const grader: Grader<Sides> = {
  file: 'handshake.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'Secret',
    'seal',
    'TAG_BYTES',
    'u16',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Sides(program),
  properties: [...ofAgreement, ...ofStrangers],
}
