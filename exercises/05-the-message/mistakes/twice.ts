/** "Twice is safer than once." TCP repeats what is lost; what a program repeats, bob gets twice. */
import { encodeMessage, encodeRecord, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { hear, say, shakeHands } from '../solution/message.ts'

export const breaks = "bob reads the text exactly once, and alice's promise resolves"

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  for (let times = 0; times < 2; times++) {
    for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
  }
  say(wire, transport, encodeRecord({ type: 'end' }))
  let [acknowledged, ended] = [false, false]
  while (!ended) {
    for (const { type } of await hear(wire, transport)) {
      acknowledged ||= type === 'ack'
      ended ||= type === 'end'
    }
  }
  if (!acknowledged) throw new Error('bob did not acknowledge it')
  wire.end()
}
