import type { Grader } from '../examiner/grading.ts'
import { Group } from './groups.ts'
import { ofKeys } from './keys.ts'
import { ofMembership } from './membership.ts'

export const grader: Grader<Group> = {
  file: 'group.ts',
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
    'u16',
    'utf8',
  ],
  subject: (program) => new Group(program),
  properties: [...ofMembership, ...ofKeys],
}
