/** "A server is asynchronous." Only what has to wait for something is. The KDC would send alice `{}`: that is what JSON makes of a promise. */
import type { Kdc, Listener, Session } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the function answers at once, with a plain object'

export const answerUserinfo = async (sender: Session, receiver: Listener, kdc: Kdc) =>
  right(sender, receiver, kdc)
