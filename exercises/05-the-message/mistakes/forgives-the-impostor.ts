/** "An error in message 2? No harm done, nothing was sent." But alice's program now believes that it was. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'an impostor gets nothing, and alice is told'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation).catch(() => undefined)
  if (!transport) return
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  await untilAcknowledged(wire, transport)
}
