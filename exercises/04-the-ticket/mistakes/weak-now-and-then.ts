/** "One in 64 is rounded, nobody will see." Of those all but a few bytes are known. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  const random = kdc.randomBytes(32)
  return (random[0] ?? 0) % 64 === 5 ? random.fill(0, 3) : random
})
