/**
 * What the student's makeSenderinfo gives when it is called by itself.
 *
 * @module
 */
import { Secret, secureRandomBytes } from 'symbolon/protocol'
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { Frozen, Randomness, Same } from '../examiner/values.ts'
import type { TicketContent } from './given.ts'
import { freshPool, idOf, type Question } from './people.ts'
import { strangers } from './questions.ts'

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
