import type { Grader } from '../examiner/grading.ts'
import { Boxes } from './boxes.ts'
import { ofOpening } from './opening.ts'
import { ofSealing } from './sealing.ts'

export const grader: Grader<Boxes> = {
  file: 'box.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'KEY_BYTES',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Boxes(program),
  properties: [...ofSealing, ...ofOpening],
}
