import type { Grader } from '../examiner/grading.ts'
import { ofEndings } from './endings.ts'
import { ofGoingWell } from './going-well.ts'
import { ofTheLine } from './on-the-line.ts'
import { Conversation } from './people.ts'

export const grader: Grader<Conversation> = {
  file: 'records.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'KEY_BYTES',
    'open',
    'seal',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
  ],
  subject: (program) => new Conversation(program),
  properties: [...ofGoingWell, ...ofTheLine, ...ofEndings],
}
