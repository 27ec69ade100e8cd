/** "Alice and the KDC share a key already." Now bob has it too, and is alice wherever he likes. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, sender) => sender.token.reveal())
