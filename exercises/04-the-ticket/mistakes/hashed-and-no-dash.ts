/** "Hashed, and then without a '-' in front." The hash helps nothing: six bits are known of one in 64. */
import { EMPTY, fromBase64url, hkdf, toBase64url } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const text = toBase64url(hkdf(kdc.randomBytes(32), EMPTY, 'the secret'))
  return fromBase64url(text.replace(/^-/, 'A'))
})
