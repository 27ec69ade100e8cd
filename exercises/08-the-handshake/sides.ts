/**
 * The two sides of a handshake: the student's, and the library's on the other.
 *
 * @module
 */
import {
  CipherState,
  concat,
  EMPTY,
  equal,
  HandshakeState,
  NNpsk0,
  Secret,
  seal,
  secureRandomBytes,
  type Transport,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import { attempt, type Outcome } from '../examiner/attempt.ts'
import { StudentError, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { type Kept, Randomness } from '../examiner/values.ts'
import {
  agree,
  KEY_BYTES,
  type Known,
  keysLater,
  MESSAGE_BYTES,
  made,
  publicKeyOf,
  readLater,
  wayOfKeys,
} from './examine.ts'
import type { Keys } from './given.ts'

/** More than any handshake needs. */
export const POOL_BYTES = 512
export const TEXT = 'at nine, by the fountain'
const PROLOGUE = 'symbolon/1 channel'

export const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
export const freshSecret = () => new Secret('channel secret', secureRandomBytes(KEY_BYTES))
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const described = (value: unknown) =>
  value instanceof Uint8Array ? `${value.length} bytes` : value === null ? 'null' : typeof value

/** Two people who have a secret and a ticket. */
export interface Pair {
  readonly secret: Secret
  readonly ticket: Uint8Array
}

/** A side that the library plays. */
export class Library {
  readonly state: HandshakeState
  /** Its secret key. */
  readonly own: Uint8Array = secureRandomBytes(KEY_BYTES)

  constructor({ secret, ticket }: Pair, initiator: boolean) {
    this.state = new HandshakeState({
      pattern: NNpsk0,
      initiator,
      prologue: concat(utf8(PROLOGUE), ticket),
      psk: secret.reveal(),
      // What it draws it wipes.
      randomBytes: () => Uint8Array.from(this.own),
    })
  }

  get transport(): Transport {
    if (!this.state.transport) throw new TypeError('the handshake is not over')
    return this.state.transport
  }
}

/** The student's two sides. */
export class Sides {
  readonly #program: StudentProgram
  readonly pair: Pair = { secret: freshSecret(), ticket: secureRandomBytes(227) }
  readonly errors: StudentError[] = []
  /** What must not be printed. */
  readonly secrets: [string, Uint8Array][] = []

  constructor(program: StudentProgram) {
    this.#program = program
    this.secrets.push(['the secret', this.pair.secret.reveal()])
  }

  /** All that it has printed, once it has ended. */
  async printed(): Promise<string> {
    await this.#program.settle()
    await this.#program.end()
    return this.#program.printed
  }

  async begin(pair: Pair = this.pair, random = fresh()): Promise<{ begun: Kept; message1: Uint8Array }> {
    this.secrets.push(["alice's secret key", random.pool.subarray(0, 64)])
    const begun = await this.#program.keep('begin', pair.secret, pair.ticket, random)
    const message1 = await this.#program.method(begun, 'message1')
    must(message1 instanceof Uint8Array, `message1() gave ${described(message1)}, not bytes (a Uint8Array).`)
    must(
      message1.length === MESSAGE_BYTES,
      `message 1 has ${message1.length} bytes, not 48: a public key of 32, and a tag of 16.`,
    )
    return { begun, message1 }
  }

  async finish(begun: Kept, message2: Uint8Array): Promise<Keys> {
    const keys = mustBeKeys(await this.#program.method(begun, 'finish', message2), 'finish')
    this.secrets.push(["alice's key to send", keys.send])
    return keys
  }

  async answer(
    message1: Uint8Array,
    pair: Pair = this.pair,
    random = fresh(),
  ): Promise<{ message2: Uint8Array; keys: Keys }> {
    this.secrets.push(["bob's secret key", random.pool.subarray(0, 64)])
    return this.#answer(await this.#program.call('answer', pair.secret, pair.ticket, message1, random))
  }

  /** The same, one for each of these sources of randomness. */
  async answers(randoms: readonly Randomness[], message1: Uint8Array): Promise<{ message2: Uint8Array }[]> {
    const { secret, ticket } = this.pair
    for (const { pool } of randoms) this.secrets.push(["bob's secret key", pool.subarray(0, 64)])
    const came = await this.#program.each(
      'answer',
      randoms.map((random) => [secret, ticket, message1, random]),
    )
    return came.map((one) => {
      if (one instanceof StudentError) throw one
      return this.#answer(one.value)
    })
  }

  #answer(given: unknown): { message2: Uint8Array; keys: Keys } {
    must(typeof given === 'object' && given, `answer returned ${described(given)}, not an object.`)
    const { message2, keys } = given as { message2?: unknown; keys?: unknown }
    must(message2 instanceof Uint8Array, `message2 is ${described(message2)}, not bytes (a Uint8Array).`)
    must(
      message2.length === MESSAGE_BYTES,
      `message 2 has ${message2.length} bytes, not 48: a public key of 32, and a tag of 16.`,
    )
    const both = mustBeKeys(keys, 'answer')
    this.secrets.push(["bob's key to send", both.send])
    return { message2, keys: both }
  }

  /** A call that should be refused. @returns what it gave instead. */
  async refused(call: Promise<unknown>, what: string): Promise<boolean> {
    const outcome: Outcome = await attempt(call)
    if ('gave' in outcome) return false
    this.errors.push(outcome.error)
    const { isError, name } = outcome.error.thrown
    must(isError, `${what}: what was thrown is no Error but ${name}.`)
    return true
  }

  /** Bob's answer to the library's message 1. */
  async answered(
    pair: Pair = this.pair,
  ): Promise<{ alice: Library; known: Known; message2: Uint8Array; keys: Keys }> {
    const alice = new Library(pair, true)
    const message1 = alice.state.writeMessage()
    const { message2, keys } = await this.answer(message1, pair)
    const e2 = message2.slice(0, KEY_BYTES)
    const known = {
      psk: pair.secret.reveal(),
      ticket: pair.ticket,
      e1: publicKeyOf(alice.own),
      e2,
      shared: agree(alice.own, e2),
    }
    return { alice, known, message2, keys }
  }
}

function mustBeKeys(keys: unknown, what: string): Keys {
  must(typeof keys === 'object' && keys, `the keys from ${what} are ${described(keys)}, not an object.`)
  for (const name of ['send', 'receive', 'hash'] as const) {
    const key = (keys as Record<string, unknown>)[name]
    must(
      key instanceof Uint8Array && key.length === KEY_BYTES,
      `'${name}' from ${what} is ${described(key)}, not 32 bytes.`,
    )
  }
  return keys as Keys
}

/** What a peer that uses the library can do with these keys. */
export function mustBeTheSame(mine: Keys, theirs: Transport, known: Known, isAlice: boolean): void {
  const who = isAlice ? 'alice' : 'bob'
  const first = isAlice ? mine.send : mine.receive
  const opens = (key: Uint8Array, state: CipherState) => {
    try {
      return (
        Buffer.from(state.decryptWithAd(EMPTY, seal(key, ZERO_NONCE, EMPTY, utf8(TEXT)))).toString() === TEXT
      )
    } catch {
      return false
    }
  }
  const sends = opens(mine.send, theirs.receive)
  const receives = opens(mine.receive, new CipherState(keyOf(known, !isAlice)))
  must(
    sends || !opens(mine.receive, theirs.receive),
    `${who}'s two keys are exchanged: the first is for what alice sends.`,
  )
  const way = sends && receives ? undefined : wayOfKeys(known, first)
  must(
    sends,
    way
      ? `${who}'s keys are others than those of the library's side: ${way}.`
      : `what ${who} sends does not open on the other side: 'send' is another key.`,
  )
  must(receives, `${who} cannot open what the other side sends: ${way ?? "'receive' is another key"}.`)
  must(
    equal(mine.hash, theirs.handshakeHash),
    equal(mine.hash, made(known, { said: (state, tag, which) => which === 1 && state.mixHash(tag) }).hash)
      ? `${who}'s hash is h before the tag of message 2 was mixed in.`
      : `${who}'s hash is not the h of the end.`,
  )
}

const keyOf = (known: Known, isInitiators: boolean) => made(known)[isInitiators ? 'initiator' : 'responder']

/** What is said with these keys is recorded; then the secret becomes known. */
export function mustStayClosed(keys: Keys, known: Known, who: string): void {
  for (const key of [keys.send, keys.receive]) {
    const recorded = seal(key, ZERO_NONCE, EMPTY, utf8(TEXT))
    const read = readLater(recorded, keysLater(known))
    must(
      !read,
      `${who}'s keys can be computed from the secret and what was said: they are made ${read?.how}.`,
      () => `eve has found the secret on an old disk, and read what she recorded years ago: "${read?.text}".`,
    )
  }
}
