/** "One of the two." Each direction has its own key, so that nobody can send alice's words back to her as bob's. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = "the message is sealed with the handshake's sending key"

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  const swapped = { ...transport, send: transport.receive }
  for (const record of encodeMessage(utf8(text))) say(wire, swapped, record)
  await untilAcknowledged(wire, transport)
}
