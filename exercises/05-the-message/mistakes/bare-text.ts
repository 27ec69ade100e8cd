/** "It is sealed, so the text can go in as it is." Its first letter becomes the type of a record. */
import { utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, shakeHands, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'it is a whole message: one record of the type message'

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const transport = await shakeHands(wire, invitation)
  say(wire, transport, utf8(text))
  await untilAcknowledged(wire, transport)
}
