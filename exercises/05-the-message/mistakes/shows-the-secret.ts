/** "Bob should check that we have the same secret." He has, in the handshake; and now everybody else has it too. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  wire.writeFrame(invitation.secret.reveal())
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  await untilAcknowledged(wire, transport)
}
