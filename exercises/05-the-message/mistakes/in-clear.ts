/** "After the handshake the connection is secure." A connection is never secure; what one seals is. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'neither the text nor the secret can be read on the line'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) wire.writeFrame(record)
  await untilAcknowledged(wire, transport)
}
