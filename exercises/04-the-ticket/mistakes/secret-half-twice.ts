/** "16 random bytes, and again, are 32." 32 bytes, and 16 to be guessed. */
import { concat } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const half = kdc.randomBytes(16)
  return concat(half, half)
})
