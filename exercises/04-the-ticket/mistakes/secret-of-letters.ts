/** "A secret should be something one can type." 26 letters are less than 5 bits each. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) =>
  kdc.randomBytes(32).map((byte) => 97 + (byte % 26)),
)
