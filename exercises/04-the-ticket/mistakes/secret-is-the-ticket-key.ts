/** "The key of the ticket is secret, fresh, and 32 bytes long." Alice gets the secret, and must not get that key. */
import { hkdf } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((salt, _sender, receiver) =>
  hkdf(receiver.token.reveal(), salt, 'symbolon/1 ticket'),
)
