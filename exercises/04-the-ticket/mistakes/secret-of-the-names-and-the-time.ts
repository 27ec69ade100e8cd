/** "With the time in it, it is another each second." Anybody has a clock. */
import { hkdf, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, sender, receiver, kdc) =>
  hkdf(utf8(sender.username), utf8(`${receiver.username} ${kdc.now}`), 'secret'),
)
