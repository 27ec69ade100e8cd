/** "128 bits are enough." For some; alice and bob take 32 bytes, and no other number. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret of 32 bytes that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => kdc.randomBytes(16))
