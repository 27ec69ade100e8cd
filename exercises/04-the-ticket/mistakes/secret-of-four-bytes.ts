/** "32 bits, as the name of the variable says." A computer tries them all in an hour. */
import { hkdf, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) =>
  hkdf(kdc.randomBytes(4), utf8('stretched'), 'secret'),
)
