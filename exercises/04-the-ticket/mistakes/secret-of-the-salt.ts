/** "A hash cannot be turned round." Nobody needs to: whoever has the salt hashes it too. */
import { hkdf, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((salt, sender, receiver) =>
  hkdf(salt, utf8(`${sender.username} ${receiver.username}`), 'secret'),
)
