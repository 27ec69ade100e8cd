/**
 * How everyone's ticket is sealed.
 *
 * @module
 */
import { EMPTY, equal, hkdf } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { everyTicket, someOthers } from './everyone.ts'
import type { Session } from './given.ts'
import type { StudentKdc } from './student.ts'

export function everyTicketOpens(kdc: StudentKdc): Promise<void> {
  return someOthers(kdc, (ticket, { receiver }) => {
    must(ticket, `the ticket does not open under the token of ${receiver.username}.`)
    const { whose, key, wrongNonce } = ticket
    must(whose === 'receiver', "the ticket opens under the sender's token, and not under the receiver's.")
    // What is the same for every ticket is another property's.
    must(!key.wrong || key.kind, `the key of the ticket is ${key.wrong}.`)
    must(!wrongNonce, `the nonce is ${wrongNonce}; it must be ZERO_NONCE.`)
  })
}

export function everyHeaderIsAuthenticated(kdc: StudentKdc): Promise<void> {
  return someOthers(kdc, (ticket) => {
    must(
      !ticket?.aad.wrong,
      `the associated data (aad) of the seal is ${ticket?.aad.wrong}, and not the header.`,
    )
  })
}

export const sidOf = (session: Session): Uint8Array =>
  hkdf(session.token.reveal(), EMPTY, 'symbolon/1 session id', 16)

export async function everySessionId(kdc: StudentKdc): Promise<void> {
  const { asked } = await kdc.everybody()
  await everyTicket(kdc, ({ parts }, { receiver }) => {
    const right = sidOf(receiver)
    if (equal(parts.sid, right)) return
    const earlier = asked.some((other) => {
      return other.receiver.username === receiver.username && equal(sidOf(other.receiver), parts.sid)
    })
    must(
      !earlier,
      `the session id is that of another session of ${receiver.username}'s, who has logged in more than once.`,
    )
    must(false, `the session id is not that of ${receiver.username}'s session.`)
  })
}
