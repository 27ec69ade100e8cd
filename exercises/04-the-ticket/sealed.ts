/**
 * The tickets that the student's makeSenderinfo makes when it is called by itself.
 *
 * @module
 */
import { EMPTY } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { placeIn } from './attacks.ts'
import { openSomehow, ticketBytes } from './examine.ts'
import type { UserinfoReply } from './given.ts'
import type { StudentKdc } from './student.ts'
import { sidOf } from './tickets.ts'

/** @throws Missing when a ticket is not right, or says something else. */
export async function everySealed(kdc: StudentKdc): Promise<void> {
  for (const { content, question, how, came } of (await kdc.sealed()) ?? []) {
    const { receiver, pool } = question
    const when = `makeSenderinfo was called by itself, with ${how}: `
    must(!(came instanceof Error), `${when}${came instanceof Error && came.message}`)
    must(typeof came === 'string', `${when}it gave ${typeof came}, not text in base64url.`)
    const bytes = ticketBytes({ senderinfo: came } as UserinfoReply)
    const ticket = openSomehow(bytes, { receiver: receiver.token.reveal() }, EMPTY, true)
    must(ticket, `${when}the ticket does not open under the token that it was given.`)
    const { parts, content: said } = ticket
    must(
      Buffer.from(parts.sid).equals(sidOf(receiver)),
      `${when}the session id is not that of the token that it was given.`,
    )
    must(
      placeIn(pool, parts.salt) >= 0,
      `${when}the salt is not 32 bytes of the randomBytes that it was given.`,
    )
    for (const [name, wanted] of Object.entries(content)) {
      must(
        said[name] === wanted,
        `${when}${name} in the ticket is ${JSON.stringify(said[name])}, and ${JSON.stringify(wanted)} was expected.`,
      )
    }
    const more = Object.keys(said).find((name) => !Object.hasOwn(content, name))
    must(more === undefined, `${when}there is a field '${more}' in the ticket that it was not given.`)
  }
}
