/** "A message is a record." A record has two bytes for its length: a longer message is several. */
import { encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'a long message arrives whole'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  say(wire, transport, encodeRecord({ type: 'message', body: utf8(text) }))
  await untilAcknowledged(wire, transport)
}
