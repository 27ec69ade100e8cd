/**
 * What holds for alice and bob is looked at for everyone else.
 *
 * @module
 */
import { EMPTY } from 'symbolon/protocol'
import { Missing, must } from '../examiner/property.ts'
import { anySecret, type Opened, openSomehow, ticketBytes } from './examine.ts'
import type { UserinfoReply } from './given.ts'
import { inWords } from './questions.ts'
import type { Asked, StudentKdc } from './student.ts'

/** Of tickets that do not open as they should, each takes its time. */
const LOOKED_AT = 6

type Check = (asked: Asked) => void

/** @throws Missing when something does not hold for someone; it says for whom. */
export async function everyone(kdc: StudentKdc, check: Check): Promise<void> {
  for (const asked of (await kdc.everybody()).asked) aboutThem(asked, () => check(asked))
}

/** The same, about the tickets that open as they should. */
export function everyTicket(kdc: StudentKdc, check: (ticket: Opened, asked: Asked) => void): Promise<void> {
  return everyone(kdc, (asked) => {
    const ticket = rightly(asked)
    if (ticket) check(ticket, asked)
  })
}

/** The same, about some of those that do not, in the way in which they do. */
export async function someOthers(
  kdc: StudentKdc,
  check: (ticket: Opened | undefined, asked: Asked) => void,
): Promise<void> {
  const { asked } = await kdc.everybody()
  const others = asked.filter((one) => !rightly(one)).slice(0, LOOKED_AT)
  for (const one of others) aboutThem(one, () => check(looked(one), one))
}

/** @throws Missing what the check throws, and says for whom. */
export function aboutThem(asked: Asked, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    throw new Missing(inWords(asked) + error.message, error.kind, error.loot)
  }
}

const tickets = new WeakMap<Asked, Opened | 'closed'>()

/** The ticket, if it opens as it should. */
export function rightly(asked: Asked): Opened | undefined {
  const known = tickets.get(asked)
  if (known) return known === 'closed' ? undefined : known
  const ticket = openSomehow(bytesOf(asked.reply), { receiver: asked.receiver.token.reveal() }, EMPTY, true)
  tickets.set(asked, ticket ?? 'closed')
  return ticket
}

/** The ticket's bytes; none when it is no ticket. */
export function bytesOf(reply: UserinfoReply): Uint8Array {
  try {
    return ticketBytes(reply)
  } catch {
    return EMPTY
  }
}

/** The ticket, in whatever way it opens. */
export function looked(asked: Asked): Opened | undefined {
  const right = rightly(asked)
  if (right) return right
  const { reply, receiver, sender, by } = asked
  const tokens = { receiver: receiver.token.reveal(), sender: sender.token.reveal() }
  const ticket = openSomehow(ticketBytes(reply), tokens, anySecret(reply), by.isClosed)
  by.isClosed ||= !ticket
  return ticket
}

/** The same, for the properties that can be judged only then. @throws Missing when it does not open. */
export function opened(asked: Asked): Opened {
  const ticket = looked(asked)
  must(ticket, `nobody can tell before the ticket opens under ${asked.receiver.username}'s token.`)
  return ticket
}

/** All of an answer but the ticket. */
export const answerOf = ({ reply: { senderinfo: _, ...answer } }: Asked): string => JSON.stringify(answer)

/** What a ticket says, even when it is no right text. */
export const saidBy = ({ plaintext }: Opened): string => Buffer.from(plaintext).toString('utf8')

/** The same, of one that opens as it should. */
export function textOf(asked: Asked): string | undefined {
  const ticket = rightly(asked)
  return ticket && saidBy(ticket)
}
