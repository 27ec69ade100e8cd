import type { Grader } from '../examiner/grading.ts'
import { ofBlinds } from './blinds.ts'
import { ofTheDoor } from './door.ts'
import { Guesser } from './guesser.ts'
import { ofGuessingOffline } from './offline.ts'

export const grader: Grader<Guesser> = {
  file: 'guessing.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'seal',
    'TAG_BYTES',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Guesser(program),
  properties: [...ofGuessingOffline, ...ofBlinds, ...ofTheDoor],
}
