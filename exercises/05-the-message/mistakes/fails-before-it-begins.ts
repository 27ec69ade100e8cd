/** "First I look whether all is there, then I begin." When it is not, the line that was dialled stays open. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hangs up, however it ended'

const send = alice()

export const sendMessage: SendMessage = async (wire, invitation, text) => {
  if (invitation.secret.reveal().length !== 32) throw new RangeError('this is no secret')
  await send(wire, invitation, text)
}
