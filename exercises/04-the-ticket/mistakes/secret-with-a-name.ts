/** "A prefix shows what it is." And leaves 24 bytes for what it is for. */
import { concat, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, _receiver, kdc) => {
  return concat(utf8('symbolon'), kdc.randomBytes(24))
})
