/**
 * "If the handshake fails, the secret is still a key." Then an impostor only has to make it fail, to get a message that
 * is sealed the weaker way.
 */
import { EMPTY, encodeMessage, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'not a word before message 2 is there'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation).catch((error: unknown) => {
    wire.writeFrame(seal(invitation.secret.reveal(), ZERO_NONCE, EMPTY, utf8(text)))
    throw error
  })
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  await untilAcknowledged(wire, transport)
}
