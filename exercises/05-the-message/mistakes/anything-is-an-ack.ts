/** "He answers, so he has it." He may be saying something else: look at the type. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { hear, say, shakeHands } from '../solution/message.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  await hear(wire, transport)
  say(wire, transport, encodeRecord({ type: 'end' }))
  for (;;) {
    const records = await hear(wire, transport)
    if (records.some(({ type }) => type === 'end')) break
  }
  wire.end()
}
