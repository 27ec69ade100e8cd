/** "It is written, so it is sent." It is in a buffer of alice's own machine. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands } from '../solution/message.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  say(wire, transport, encodeRecord({ type: 'end' }))
  wire.end()
}
