/** "128 bits are enough." For some; alice and bob take 32 bytes, and no other number. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => kdc.randomBytes(16))
