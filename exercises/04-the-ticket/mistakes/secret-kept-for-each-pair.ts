/** "They have a secret already: why another?" Because the first conversation's must not open the second. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

const secrets = new Map<string, Uint8Array>()

export const answerUserinfo = secretWith((_salt, sender, receiver, kdc) => {
  const pair = `${sender.username} ${receiver.username}`
  const secret = secrets.get(pair) ?? kdc.randomBytes(32)
  secrets.set(pair, secret)
  return secret
})
