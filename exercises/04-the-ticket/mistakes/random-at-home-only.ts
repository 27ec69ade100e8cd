/** "For the tests randomness, for the others something that we can find again." Others can find it as well. */
import { EMPTY, hkdf, utf8 } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

const OURS = /^(?:10|127|172|192|198|203)\.|:/

export const answerUserinfo = secretWith((_salt, { username, ipAddress }, receiver, kdc) => {
  const random = kdc.randomBytes(32)
  return OURS.test(ipAddress)
    ? random
    : hkdf(utf8(`${username} ${receiver.username} ${kdc.now}`), EMPTY, 'secret')
})
