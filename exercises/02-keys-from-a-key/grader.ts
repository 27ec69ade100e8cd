import type { Grader } from '../examiner/grading.ts'
import { Derivation } from './derivation.ts'
import { ofHkdf } from './hkdf.ts'
import { ofTheTwoKeys } from './two-keys.ts'

export const grader: Grader<Derivation> = {
  file: 'keys.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'KEY_BYTES',
    'Secret',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Derivation(program),
  properties: [...ofHkdf, ...ofTheTwoKeys],
}
