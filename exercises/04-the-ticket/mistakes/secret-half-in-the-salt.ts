/** "One draw for both: the first bytes for the one, the last for the other." Where they overlap, the secret stands in the ticket. */
import { concat } from 'symbolon/protocol'
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo = secretWith((salt, _sender, _receiver, kdc) =>
  concat(salt.subarray(16), kdc.randomBytes(16)),
)
