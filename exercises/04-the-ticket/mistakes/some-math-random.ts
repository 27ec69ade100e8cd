/** "Two sources are better than one." The program then does another thing each time, and who tests it cannot say whether it is right. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const secret = kdc.randomBytes(32)
  secret[0] = Math.floor(Math.random() * 256)
  return secret
})
