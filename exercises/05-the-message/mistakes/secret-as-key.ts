/** "The secret is the key." It is what the keys are made from, together with two that nobody keeps. */
import { EMPTY, encodeMessage, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = "the message is sealed with the handshake's sending key"

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  const key = invitation.secret.reveal()
  for (const record of encodeMessage(utf8(text))) {
    wire.writeFrame(seal(key, ZERO_NONCE, EMPTY, record))
  }
  await untilAcknowledged(wire, transport)
}
