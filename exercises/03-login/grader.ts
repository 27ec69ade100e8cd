import type { Grader } from '../examiner/grading.ts'
import { ofPasswords } from './passwords.ts'
import { Realm } from './realm.ts'
import { ofSessions } from './sessions.ts'

export const grader: Grader<Realm> = {
  file: 'login.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromBase64url',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'Secret',
    'toBase64url',
    'utf8',
  ],
  subject: (program) => new Realm(program),
  properties: [...ofPasswords, ...ofSessions],
}
