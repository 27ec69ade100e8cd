/** "I have my ack, I am done." Bob may not be; and nobody will notice if the line is cut here. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { hear, say, shakeHands } from '../solution/message.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  for (;;) {
    const records = await hear(wire, transport)
    if (records.some(({ type }) => type === 'ack')) break
  }
  say(wire, transport, encodeRecord({ type: 'end' }))
  wire.end()
}
