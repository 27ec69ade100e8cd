/** "In JSON all is text." A port is a number, there as here. */

import type { Kdc, Listener, Session } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo = (sender: Session, receiver: Listener, kdc: Kdc) => ({
  ...right(sender, receiver, kdc),
  port: String(receiver.port),
})
