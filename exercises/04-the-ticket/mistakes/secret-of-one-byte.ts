/** "It is random." In one place of 32: 256 tries. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const secret = new Uint8Array(32)
  secret.set(kdc.randomBytes(1))
  return secret
})
