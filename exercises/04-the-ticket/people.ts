/**
 * Whom the grader asks about, and the student's KDC, asked with randomness that is recorded.
 *
 * @module
 */
import { type Channel, connect, hkdf, listen, Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { NOW_SEC, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import type { Listener, Session, UserinfoReply } from './given.ts'

const A_WHILE_SEC = 60
/** More than any answer needs. */
const POOL_BYTES = 4096

// Not random, so that a wrong first byte cannot be right by chance.
export const tokenOf = (name: string): Secret =>
  new Secret('session token', hkdf(utf8(name), utf8('exercise 04'), 'token'))

export const alice: Session = { username: 'alice', token: tokenOf('alice'), ipAddress: '192.0.2.10' }
export const bob: Listener = {
  username: 'bob',
  token: tokenOf('bob'),
  ipAddress: '192.0.2.20',
  port: 52011,
}
export const carol: Session = { username: 'carol', token: tokenOf('carol'), ipAddress: '192.0.2.30' }

export interface Clock {
  readonly now: number
  readonly ticketLifetimeSec: number
}
/** Another time than on the clock of the student's process. */
export const CLOCK: Clock = { now: NOW_SEC + 7_919_017, ticketLifetimeSec: 300 }

export interface Question {
  readonly sender: Session
  readonly receiver: Listener
  readonly clock: Clock
  /** The randomness it gets. */
  readonly pool: Uint8Array
}

/** A question, and what was answered. */
export interface Asked extends Question {
  readonly reply: UserinfoReply
  /** Whether the student's program has changed its arguments. */
  readonly changed: boolean
  readonly by: StudentKdc
}

export const freshPool = (): Uint8Array => secureRandomBytes(POOL_BYTES)

/** What the student wrote. */
export class StudentKdc {
  readonly #program: StudentProgram
  /** All that it was asked so far. */
  readonly asked: Asked[] = []
  /** Whether a ticket of its could not be opened in any way: then not all of them are tried with the next ones. */
  isClosed = false

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  /** @throws Missing when the answer is none. */
  async ask(question: Partial<Question> = {}): Promise<Asked> {
    const { sender, receiver, clock, pool }: Question = {
      ...{ sender: alice, receiver: bob, clock: CLOCK, pool: freshPool() },
      ...question,
    }
    const given = { ...clock, randomBytes: new Randomness(pool) }
    const { value, async, plain, changed } = await this.#program.returned(
      'answerUserinfo',
      sender,
      receiver,
      given,
    )
    must(!async, 'answerUserinfo returned a promise: nothing in it needs async.')
    must(value !== undefined, 'answerUserinfo returned nothing: is there a return?')
    must(
      typeof value === 'object' && value && !Array.isArray(value),
      'answerUserinfo did not return an object.',
    )
    must(
      plain,
      'the object that answerUserinfo returned is no plain one: it has a getter, a toJSON, a class, or bytes in it. ' +
        'JSON cannot say that.',
    )
    const reply = value as UserinfoReply
    const asked = { sender, receiver, clock, pool, changed, reply, by: this }
    this.asked.push(asked)
    return asked
  }

  /** Ends its process; the next question goes to a new one. */
  async restart(): Promise<void> {
    await this.#program.settle()
    // What waits for a timer prints now.
    await this.#program.advance(A_WHILE_SEC)
    await this.#program.end()
  }
}

/** What came of calling a real receiver with a ticket. */
export interface Call {
  readonly heard: readonly string[]
  /** The code of the refusal in the receiver's log. */
  readonly refused: string | undefined
  readonly error: string | undefined
}

export interface Caller {
  readonly ticket: Uint8Array
  readonly secret: Uint8Array
  readonly text: string
}

/** A real receiver: it judges as docs/protocol.md §4.3 says, and is called with each in turn. */
export async function call(receiver: Session, now: number, ...callers: readonly Caller[]): Promise<Call[]> {
  let heard: string[] = []
  let refused: string | undefined
  const onChannel = async (channel: Channel) => {
    for await (const { text } of channel) heard.push(`${channel.peer.username}: ${text}`)
    await channel.close()
  }
  const listener = await listen({
    username: receiver.username,
    token: receiver.token,
    clock: () => now,
    onRefused: ({ error }) => {
      refused = error.code
    },
    onChannel,
  })
  const calls: Call[] = []
  try {
    for (const { ticket, secret, text } of callers) {
      const error = await say(listener.address.port, receiver.username, ticket, secret, text)
      calls.push({ heard, refused, error })
      heard = []
      refused = undefined
    }
  } finally {
    await listener.close()
  }
  return calls
}

/** @returns what went wrong. */
async function say(
  port: number,
  receiver: string,
  ticket: Uint8Array,
  bytes: Uint8Array,
  text: string,
): Promise<string | undefined> {
  try {
    const secret = new Secret('channel secret', bytes)
    const channel = await connect({ host: '127.0.0.1', port, ticket, secret, receiver })
    await channel.send(text)
    await channel.close()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
