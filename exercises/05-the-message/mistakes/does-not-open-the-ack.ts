/** "A frame of 27 bytes after the message is the ack." Anybody on the way can make 27 bytes. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands } from '../solution/message.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  if (!(await wire.readFrame(27, 27))) throw new Error('no ack')
  say(wire, transport, encodeRecord({ type: 'end' }))
  if (!(await wire.readFrame(19, 19))) throw new Error('no end')
  wire.end()
}
