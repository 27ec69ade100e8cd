/** "A text is a part of a conversation." To bob a part is a part of one message: he waits for the rest. */
import { encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'it is a whole message: one record of the type message'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  say(wire, transport, encodeRecord({ type: 'part', body: utf8(text) }))
  await untilAcknowledged(wire, transport)
}
