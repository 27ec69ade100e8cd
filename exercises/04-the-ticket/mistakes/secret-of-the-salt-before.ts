/** "Random bytes that are there already need not be drawn." They stand in the ticket before, for all to read. */
import { secretWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

let before: Uint8Array | undefined
let count = 0

export const answerUserinfo = secretWith((salt, _sender, _receiver, kdc) => {
  const secret = ++count % 16 === 0 && before ? before : kdc.randomBytes(32)
  before = salt
  return secret
})
