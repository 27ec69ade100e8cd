/** "What could not be sent is sent later." Later never comes: what was secret stays in memory, where it is found. */
import type { SendMessage } from '../given.ts'
import { sendMessage as right } from '../solution/message.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const unsent = new Set<{ text: string }>()

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const entry = { text }
  unsent.add(entry)
  await right(wire, invitation, text)
  unsent.delete(entry)
}
