/** "Closing the connection is the end." So is a cut cable: bob cannot tell one from the other. */
import { encodeMessage, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { hear, say, shakeHands } from '../solution/message.ts'

export const breaks = 'alice says her end'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  for (;;) {
    const records = await hear(wire, transport)
    if (records.some(({ type }) => type === 'ack')) break
  }
  wire.end()
}
