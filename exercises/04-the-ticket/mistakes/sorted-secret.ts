/** "Random is random, in whatever order." In order there are far fewer. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => kdc.randomBytes(32).sort())
