/** "Two bytes are random, and nobody knows which." After two answers everybody does. 65 536 tries. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const secret = new Uint8Array(32).fill(0x5a)
  secret.set(kdc.randomBytes(2), 9)
  return secret
})
