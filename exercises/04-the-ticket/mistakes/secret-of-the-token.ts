/** "The token is secret, so what is made of it is." It is always the same, for whoever asks for bob. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((_salt, _sender, receiver) =>
  hkdf(receiver.token.reveal(), EMPTY, 'secret'),
)
