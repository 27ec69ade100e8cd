/** "Made of the ticket's key by HKDF." Then bob's token is all one needs to know every secret there ever was. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((salt, _sender, receiver) =>
  hkdf(hkdf(receiver.token.reveal(), salt, 'symbolon/1 ticket'), EMPTY, 'secret'),
)
