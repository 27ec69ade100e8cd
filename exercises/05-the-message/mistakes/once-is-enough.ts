/** "With this ticket I have said this already: bob has it." Who says it again means it again. */
import { createHash } from 'node:crypto'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the hundredth conversation is like the first, at any time and in any place'

const said = new Set<string>()

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  const hash = createHash('sha256').update(invitation.ticket).update(text).digest('hex')
  if (said.has(hash)) return wire.end()
  await send(wire, invitation, text)
  said.add(hash)
}

const send = alice()
