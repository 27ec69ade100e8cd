/** "Thirty-two random digits, and hashed it is 32 bytes." It is 106 bits, whatever is done to it. */
import { EMPTY, hkdf, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const digits = [...kdc.randomBytes(32)].map((byte) => byte % 10).join('')
  return hkdf(utf8(digits), EMPTY, 'the secret')
})
