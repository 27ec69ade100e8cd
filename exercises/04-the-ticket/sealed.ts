/**
 * The tickets that the student's makeSenderinfo makes when it is called by itself.
 *
 * @module
 */
import { EMPTY, Secret, secureRandomBytes } from 'symbolon/protocol'
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { Frozen, Randomness, Same } from '../examiner/values.ts'
import { placeIn } from './attacks.ts'
import { openSomehow, ticketBytes } from './examine.ts'
import type { TicketContent, UserinfoReply } from './given.ts'
import { freshPool, idOf, type Question } from './people.ts'
import { strangers } from './questions.ts'
import type { StudentKdc } from './student.ts'
import { sidOf } from './tickets.ts'

const CONTENTS = 16
const NOT_THERE = 'Missing'

/** A content, and what was made of it. */
export interface Sealed {
  readonly content: TicketContent
  readonly question: Question
  /** How it was given, in words. */
  readonly how: string
  readonly came: unknown
}

/** The ways in which a content is given, and in which order. */
const WAYS: readonly (readonly [string, (content: TicketContent) => unknown])[] = [
  ['a content', (content) => content],
  ['a content', (content) => new Same(idOf(content), content)],
  ['the same content again', (content) => new Same(idOf(content), content)],
  ['a content that nobody can change', (content) => new Frozen(content)],
]

/** Nothing when the program does not export it: then it has no other callers. */
export async function sealedByItself(program: StudentProgram): Promise<Sealed[] | undefined> {
  const asked = strangers(CONTENTS).flatMap((question) => {
    const content = contentOf(question)
    return WAYS.map(([how, as]) => ({ question: { ...question, pool: freshPool() }, content, how, as }))
  })
  try {
    const came = await program.each(
      'makeSenderinfo',
      asked.map(({ question: { receiver, pool }, content, as }) => {
        const token = new Same(idOf(receiver.token), receiver.token)
        return [as(content), token, new Randomness(pool)]
      }),
    )
    return asked.map(({ question, content, how }, i) => {
      const one = came[i]
      return { question, content, how, came: one && 'value' in one ? one.value : one }
    })
  } catch (error) {
    if (error instanceof StudentError && error.thrown.name === NOT_THERE) return undefined
    throw error
  }
}

function contentOf({ sender, receiver, clock: { now, ticketLifetimeSec } }: Question): TicketContent {
  return {
    username: sender.username,
    ip_addr: sender.ipAddress,
    secret: new Secret('channel secret', secureRandomBytes(32)).toText(),
    receiver: receiver.username,
    issued_at: now,
    expires_at: now + ticketLifetimeSec,
  }
}

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
