/**
 * The grader of exercise 08: both sides of the handshake against the library's own, and against those who do not know the secret, or
 * learn it too late.
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
import type { Grader } from '../examiner/grading.ts'
import { standsIn } from '../examiner/leaks.ts'
import type { StudentError, StudentProgram } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { randomBytesIn } from '../examiner/randomness.ts'
import { type Kept, Randomness } from '../examiner/values.ts'
import {
  agree,
  flipped,
  KEY_BYTES,
  type Known,
  keysLater,
  MESSAGE_BYTES,
  made,
  publicKeyOf,
  readLater,
  SMALL_ORDER,
  wayOfFirst,
  wayOfKeys,
  wayOfSecond,
  withoutEe,
} from './examine.ts'
import type { Keys } from './given.ts'

/** More than any handshake needs. */
const POOL_BYTES = 512
const TEXT = 'at nine, by the fountain'
const PROLOGUE = 'symbolon/1 channel'

const fresh = () => new Randomness(secureRandomBytes(POOL_BYTES))
const freshSecret = () => new Secret('channel secret', secureRandomBytes(KEY_BYTES))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const described = (value: unknown) =>
  value instanceof Uint8Array ? `${value.length} bytes` : value === null ? 'null' : typeof value

/** Two people who have a secret and a ticket. */
interface Pair {
  readonly secret: Secret
  readonly ticket: Uint8Array
}

/** A side that the library plays. */
class Library {
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
class Sides {
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
    const given = await this.#program.call('answer', pair.secret, pair.ticket, message1, random)
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
function mustBeTheSame(mine: Keys, theirs: Transport, known: Known, isAlice: boolean): void {
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
function mustStayClosed(keys: Keys, known: Known, who: string): void {
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

export const grader: Grader<Sides> = {
  file: 'handshake.ts',
  tools: [
    'concat',
    'EMPTY',
    'equal',
    'fromUtf8',
    'hkdf',
    'KEY_BYTES',
    'open',
    'Secret',
    'seal',
    'TAG_BYTES',
    'u16',
    'utf8',
    'ZERO_NONCE',
  ],
  subject: (program) => new Sides(program),
  properties: [
    {
      name: 'message 1 is a public key and a tag: 48 bytes',
      why: 'bob cuts it after 32 bytes, before he knows anything about it. And everybody on the way reads it.',
      async check(sides) {
        const { message1 } = await sides.begin()
        const secret = sides.pair.secret.reveal()
        const piece = [secret, secret.subarray(0, 16), secret.subarray(16)].find((part) =>
          contains(message1, part),
        )
        must(!piece, 'a piece of the secret stands in message 1, for all to read.', () => {
          return `eve, who listens, has read ${piece?.length} bytes of the secret: ${hex(piece ?? EMPTY)}.`
        })
      },
    },
    {
      name: "bob's program opens message 1",
      why:
        'bob has done the same steps with the same things. One that is another, or in another place, and the tag is wrong: he ' +
        'takes alice for somebody who does not know the secret.',
      async check(sides) {
        for (const ticket of [sides.pair.ticket, EMPTY, secureRandomBytes(300)]) {
          const pair = { secret: ticket.length === 227 ? sides.pair.secret : freshSecret(), ticket }
          const { message1 } = await sides.begin(pair)
          const known = { psk: pair.secret.reveal(), ticket, e1: message1.slice(0, KEY_BYTES) }
          const tag = message1.slice(KEY_BYTES)
          if (equal(made(known).tag1, tag)) {
            new Library(pair, false).state.readMessage(message1)
            continue
          }
          const way = wayOfFirst(known, tag)
          const loot = () => {
            const other = { ...known, psk: secureRandomBytes(KEY_BYTES) }
            if (wayOfFirst(other, tag) !== way) return undefined
            return 'mallory, who does not know the secret, has computed the same tag. She can be alice for every bob that takes it.'
          }
          must(!way, `the tag of message 1 was made ${way}.`, loot)
          const behind = { ...known, e1: message1.slice(16) }
          must(
            !equal(made(behind).tag1, message1.slice(0, 16)),
            'the tag stands before the public key, and belongs behind it.',
          )
          must(
            false,
            `the tag of message 1 does not fit${ticket.length === 0 ? ', with an empty ticket' : ''}: the steps before it are others (the grader knows no name for what they are).`,
          )
        }
      },
    },
    {
      name: "bob's side takes message 1 of alice's program, and answers with 48 bytes",
      why: 'alice may use another program than yours: what both do is said in the specification, and nowhere else.',
      async check(sides) {
        const alice = new Library(sides.pair, true)
        const message1 = alice.state.writeMessage()
        const outcome = await attempt(sides.answer(message1))
        must(
          'gave' in outcome,
          `a right message 1 was refused. ${'error' in outcome ? outcome.error.message : ''}`,
        )
        const { message2 } = outcome.gave as { message2: Uint8Array }
        must(
          !equal(message2.subarray(0, KEY_BYTES), message1.subarray(0, KEY_BYTES)),
          "the public key in message 2 is alice's own, sent back.",
        )
        must(
          !contains(message2, sides.pair.secret.reveal().subarray(0, 16)),
          'the secret stands in message 2.',
        )
      },
    },
    {
      name: 'every handshake has key pairs of its own, of 32 random bytes',
      why:
        'the keys of a conversation are as secret as the two secret keys. One that is made from the secret, or made once for all, can ' +
        'be found later, and with it all that was said.',
      async check(sides) {
        const psk = sides.pair.secret.reveal()
        const bobs = new Library(sides.pair, true).state.writeMessage()
        const sidesOf: Record<string, (random: Randomness) => Promise<Uint8Array>> = {
          "alice's": async (random) =>
            (await sides.begin(sides.pair, random)).message1.subarray(0, KEY_BYTES),
          "bob's": async (random) =>
            (await sides.answer(bobs, sides.pair, random)).message2.subarray(0, KEY_BYTES),
        }
        for (const [whose, make] of Object.entries(sidesOf)) {
          const [one, two] = [await make(fresh()), await make(fresh())]
          const known = [psk, new Uint8Array(32)].find((secretKey) => equal(publicKeyOf(secretKey), one))
          must(
            !known,
            `${whose} secret key is ${known === psk ? 'the secret itself' : '32 zero bytes'}.`,
            () => {
              return `eve, who has learned the secret, has ${whose} secret key too: ${hex(known ?? EMPTY)}. With it she computes the keys of every conversation she recorded.`
            },
          )
          must(
            !equal(one, two),
            `two handshakes have the same public key of ${whose}: the pair was made once.`,
          )
          const count = await randomBytesIn(
            async (random) => hex(await make(random)),
            secureRandomBytes(POOL_BYTES),
            KEY_BYTES,
            `${whose} key pair`,
          )
          must(
            count === KEY_BYTES,
            `${whose} secret key is made of ${count} random bytes, and 32 are needed.`,
            () => (count > 2 ? undefined : `eve tries all ${256 ** count} secret keys, and has ${whose}.`),
          )
        }
      },
    },
    {
      name: 'who learns the secret later cannot read what was recorded',
      why:
        'this is what the handshake is for. With keys from the secret alone, one disk that is sold with the secret on it opens every ' +
        'conversation of the years before.',
      async check(sides) {
        const { known, message2, keys } = await sides.answered()
        mustStayClosed(keys, known, 'bob')
        const tag = message2.slice(KEY_BYTES)
        const without = withoutEe(known).find(([, { tag2 }]) => equal(tag2, tag))
        must(!without, `message 2 is made ${without?.[0]}.`)
        // Alice says which answers she takes.
        const { begun, message1 } = await sides.begin()
        const own = secureRandomBytes(KEY_BYTES)
        const e1 = message1.slice(0, KEY_BYTES)
        const e2 = publicKeyOf(own)
        const of = { psk: known.psk, ticket: known.ticket, e1, e2, shared: agree(own, e1) }
        const right = await attempt(sides.finish(begun, concat(e2, made(of).tag2)))
        if ('gave' in right) {
          mustStayClosed(right.gave as Keys, of, 'alice')
          return
        }
        for (const [words, { tag2 }] of withoutEe(of)) {
          const again = await sides.begin()
          const heard = { ...of, e1: again.message1.slice(0, KEY_BYTES) }
          const [, other] = withoutEe(heard).find(([found]) => found === words) ?? []
          const outcome = await attempt(sides.finish(again.begun, concat(e2, other?.tag2 ?? tag2)))
          if (!('gave' in outcome)) continue
          mustStayClosed(outcome.gave as Keys, heard, 'alice')
          must(false, `alice takes a message 2 that is made ${words}.`)
        }
      },
    },
    {
      name: "alice's program opens message 2",
      why: 'with a tag that does not fit alice hangs up: she takes bob for somebody who does not know the secret.',
      async check(sides) {
        for (const ticket of [sides.pair.ticket, EMPTY]) {
          const pair = ticket.length === 0 ? { secret: freshSecret(), ticket } : sides.pair
          const { known, message2, alice } = await sides.answered(pair)
          const tag = message2.slice(KEY_BYTES)
          if (!equal(made(known).tag2, tag)) {
            const way = wayOfSecond(known, tag)
            must(!way, `the tag of message 2 was made ${way}.`)
            must(false, 'the tag of message 2 does not fit: one of the steps after message 1 is another.')
          }
          alice.state.readMessage(message2)
        }
      },
    },
    {
      name: 'both sides get the same two keys, one for each direction, and the same hash',
      why:
        'with one key for both directions the same nonces seal twice, and a message comes back to its sender as if it were the ' +
        "other's. The hash names the conversation.",
      async check(sides) {
        const { alice, known, message2, keys } = await sides.answered()
        alice.state.readMessage(message2)
        must(
          !equal(keys.send, keys.receive),
          'bob sends and receives with the same key.',
          () => 'mallory brings bob his own message back. It opens, and he takes it for what alice says.',
        )
        mustBeTheSame(keys, alice.transport, known, false)
        const { begun, message1 } = await sides.begin()
        const bob = new Library(sides.pair, false)
        bob.state.readMessage(message1)
        const answer = bob.state.writeMessage()
        const e1 = message1.slice(0, KEY_BYTES)
        const mine = await attempt(sides.finish(begun, answer))
        must('gave' in mine, `alice refused a right message 2. ${'error' in mine ? mine.error.message : ''}`)
        const alices = mine.gave as Keys
        must(!equal(alices.send, alices.receive), 'alice sends and receives with the same key.', () => {
          return 'mallory brings alice her own message back. It opens, and she takes it for what bob says.'
        })
        const shared = agree(bob.own, e1)
        const all = { psk: known.psk, ticket: known.ticket, e1, e2: publicKeyOf(bob.own), shared }
        mustBeTheSame(alices, bob.transport, all, true)
      },
    },
    {
      name: 'one who does not know the secret, or has another ticket, is refused',
      why: 'the secret is all that tells bob from mallory. The ticket is in it so that no handshake is taken from one ticket to another.',
      async check(sides) {
        const wrong: [string, Pair][] = [
          ['another secret', { ...sides.pair, secret: freshSecret() }],
          [
            '32 zero bytes for a secret',
            { ...sides.pair, secret: new Secret('channel secret', new Uint8Array(32)) },
          ],
          ['another ticket', { ...sides.pair, ticket: secureRandomBytes(227) }],
          [
            'a ticket with one byte more',
            { ...sides.pair, ticket: concat(sides.pair.ticket, Uint8Array.of(0)) },
          ],
        ]
        for (const [what, pair] of wrong) {
          const message1 = new Library(pair, true).state.writeMessage()
          must(
            await sides.refused(sides.answer(message1), what),
            `bob took a message 1 that was made with ${what}.`,
            () =>
              'mallory has played alice: bob has answered her, and takes the conversation for one with alice.',
          )
          const { begun, message1: alices } = await sides.begin()
          const e1 = alices.slice(0, KEY_BYTES)
          const own = secureRandomBytes(KEY_BYTES)
          const known = { psk: pair.secret.reveal(), ticket: pair.ticket, e1, e2: publicKeyOf(own) }
          const { tag2 } = made({ ...known, shared: agree(own, e1) })
          must(
            await sides.refused(sides.finish(begun, concat(known.e2, tag2)), what),
            `alice took a message 2 that was made with ${what}.`,
            () =>
              'mallory has played bob: alice has finished the handshake, and goes on to say what is for him.',
          )
        }
        const { begun, message1 } = await sides.begin()
        must(
          await sides.refused(sides.finish(begun, message1), 'her own message 1'),
          'alice took her own message 1 for the answer.',
          () =>
            'mallory has sent back what alice said, knowing nothing, and alice has finished the handshake.',
        )
      },
    },
    {
      name: 'a message that was changed, cut or lengthened is refused',
      why:
        'both messages are exactly 48 bytes, and the tags are over all that was said. What is taken though it is another was said by ' +
        'somebody else.',
      async check(sides) {
        const message1 = new Library(sides.pair, true).state.writeMessage()
        const withPayload = new Library(sides.pair, true).state.writeMessage(utf8('hello'))
        const changes: [string, (bytes: Uint8Array) => Uint8Array][] = [
          ...Array.from({ length: MESSAGE_BYTES }, (_, i): [string, (b: Uint8Array) => Uint8Array] => {
            const bit = (i * 5 + 7) % 8
            return [`with bit ${bit} of byte ${i} changed`, (bytes) => flipped(bytes, i, bit)]
          }),
          ...[0, 1, 16, 31, 32, 33, 47].map((length): [string, (b: Uint8Array) => Uint8Array] => {
            return [`cut to ${length} bytes`, (bytes) => bytes.slice(0, length)]
          }),
          ['with the last bit of its public key changed', (bytes) => flipped(bytes, 31, 7)],
          ['with a byte behind it', (bytes) => concat(bytes, Uint8Array.of(0))],
          ['twice in a row', (bytes) => concat(bytes, bytes)],
        ]
        for (const [what, change] of changes) {
          must(await sides.refused(sides.answer(change(message1)), what), `bob took a message 1 ${what}.`)
          const { begun, message1: alices } = await sides.begin()
          const e1 = alices.slice(0, KEY_BYTES)
          const own = secureRandomBytes(KEY_BYTES)
          const { secret, ticket } = sides.pair
          const known = { psk: secret.reveal(), ticket, e1, e2: publicKeyOf(own), shared: agree(own, e1) }
          const message2 = change(concat(known.e2, made(known).tag2))
          must(await sides.refused(sides.finish(begun, message2), what), `alice took a message 2 ${what}.`)
        }
        must(
          await sides.refused(sides.answer(withPayload), 'a payload'),
          'bob took a message 1 of 53 bytes, with a payload in it that alice has sealed: docs/protocol.md §5.1 forbids it.',
        )
        const { begun, message1: alices } = await sides.begin()
        const bob = new Library(sides.pair, false)
        bob.state.readMessage(alices)
        must(
          await sides.refused(sides.finish(begun, bob.state.writeMessage(utf8('hello'))), 'a payload'),
          'alice took a message 2 of 53 bytes, with a payload in it that bob has sealed: docs/protocol.md §5.1 forbids it.',
        )
      },
    },
    {
      name: 'a public key that makes Diffie-Hellman give zeros is refused',
      why:
        'there are a few such public keys, and no program makes them by honest means. With one of them ee is known to everybody, and what is ' +
        'left is the secret alone.',
      async check(sides) {
        const { secret, ticket } = sides.pair
        const shared = new Uint8Array(KEY_BYTES)
        const given = { psk: secret.reveal(), ticket, shared }
        const read = (keys: Keys, known: Known) => {
          const recorded = seal(keys.send, ZERO_NONCE, EMPTY, utf8(TEXT))
          const found = readLater(recorded, [
            ...keysLater(known),
            ['', made(known).initiator],
            ['', made(known).responder],
          ])
          return (
            found &&
            `eve has learned the secret later, and knows that ee was zeros. She has read: "${found.text}".`
          )
        }
        for (const point of SMALL_ORDER) {
          const first = { ...given, e1: point }
          const bobs = await attempt(sides.answer(concat(point, made(first).tag1)))
          if ('gave' in bobs) {
            const { message2, keys } = bobs.gave as { message2: Uint8Array; keys: Keys }
            const known = { ...first, e2: message2.slice(0, KEY_BYTES) }
            must(false, `bob took the public key ${hex(point).slice(0, 16)}….`, () => read(keys, known))
          }
          // Alice may take zeros, or leave ee out.
          for (const ee of [shared, undefined]) {
            const { begun, message1 } = await sides.begin()
            const known = { ...given, e1: message1.slice(0, KEY_BYTES), e2: point, shared: ee }
            const alices = await attempt(sides.finish(begun, concat(point, made(known).tag2)))
            const taken = 'gave' in alices ? (alices.gave as Keys) : undefined
            must(
              !taken,
              `alice took the public key ${hex(point).slice(0, 16)}….`,
              () => taken && read(taken, known),
            )
          }
        }
      },
    },
    {
      name: 'two handshakes at the same time do not mix',
      why: 'bob talks with alice and with carol. What one handshake knows must not get into the other: not even the key pair.',
      async check(sides) {
        const pairs = [sides.pair, { secret: freshSecret(), ticket: secureRandomBytes(99) }, sides.pair]
        const started = []
        for (const pair of pairs) started.push({ pair, ...(await sides.begin(pair)) })
        // Bob's side in between.
        await sides.answered(pairs[1])
        for (const { pair, begun, message1 } of [...started].reverse()) {
          const bob = new Library(pair, false)
          bob.state.readMessage(message1)
          const outcome = await attempt(sides.finish(begun, bob.state.writeMessage()))
          must(
            'gave' in outcome,
            `three handshakes were begun, and then finished in the other order: a right message 2 was refused. ${'error' in outcome ? outcome.error.message : ''}`,
          )
          const { hash } = outcome.gave as Keys
          must(
            equal(hash, bob.transport.handshakeHash),
            'three handshakes were begun, and then finished in the other order: the keys are those of another one.',
          )
        }
      },
    },
    {
      name: 'nothing secret is printed, or stands in an error',
      why: 'what a program prints ends up in log files, and so do its errors. There they stay for years: this is the disk that is sold.',
      async check(sides) {
        await sides.answered()
        for (const error of sides.errors) {
          const found = sides.secrets.find(([, bytes]) => standsIn(error.thrown.all, bytes))
          must(!found, `${found?.[0]} stands in the error "${error.thrown.message.slice(0, 60)}".`)
        }
        const text = await sides.printed()
        if (text === '') return
        const found = sides.secrets.find(([, bytes]) => standsIn(text, bytes))
        must(!found, `${found?.[0]} was printed, ${standsIn(text, found?.[1] ?? EMPTY)}.`, () => {
          return `read in the log: ${hex(found?.[1] ?? EMPTY)}.`
        })
      },
    },
  ],
}
