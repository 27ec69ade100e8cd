/**
 * The grader of exercise 07: which tickets open a channel, and which must not, looked at from outside.
 *
 * @module
 */
import type { Grader } from '../examiner/grading.ts'
import { ofContent } from './content.ts'
import { ofMemory } from './memory.ts'
import { Bob } from './people.ts'
import { ofSilence } from './silence.ts'

export const grader: Grader<Bob> = {
  file: 'receiver.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'Secret',
    'TAG_BYTES',
    'toBase64url',
    'u16',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Bob(program),
  properties: [...ofContent, ...ofMemory, ...ofSilence],
}
