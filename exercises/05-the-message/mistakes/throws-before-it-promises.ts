/** "What can go wrong at once goes wrong at once." Who calls it with .catch is not told: there is no promise yet. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

const send = alice()

export const sendMessage: SendMessage = (wire, invitation, text) => {
  try {
    if (invitation.secret.reveal().length !== 32) throw new TypeError('this secret has not 32 bytes')
  } catch (error) {
    wire.end()
    throw error
  }
  return send(wire, invitation, text)
}
