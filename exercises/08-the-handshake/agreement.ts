/**
 * A handshake in which both sides know the secret: its messages, its key pairs, and the keys that come of it.
 *
 * @module
 */
import { concat, EMPTY, equal, seal, secureRandomBytes, utf8, ZERO_NONCE } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import { contains, must, type Property } from '../examiner/property.ts'
import { oneByOne, randomBytesIn } from '../examiner/randomness.ts'
import type { Randomness } from '../examiner/values.ts'
import {
  agree,
  KEY_BYTES,
  made,
  publicKeyOf,
  readLater,
  wayOfFirst,
  wayOfSecond,
  withoutEe,
} from './examine.ts'
import type { Keys } from './given.ts'
import {
  fresh,
  freshSecret,
  hex,
  Library,
  mustBeTheSame,
  mustStayClosed,
  POOL_BYTES,
  type Sides,
  TEXT,
} from './sides.ts'

export const ofAgreement: readonly Property<Sides>[] = [
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
          if (wayOfFirst({ ...known, ticket: secureRandomBytes(ticket.length + 9) }, tag) === way)
            return 'mallory has put another ticket before the same message 1: its tag fits there, too. Bob takes alice for whom that ticket names.'
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
      must(!contains(message2, sides.pair.secret.reveal().subarray(0, 16)), 'the secret stands in message 2.')
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
      const keyOf = (message: Uint8Array) => hex(message.subarray(0, KEY_BYTES))
      const sidesOf: Record<string, (randoms: readonly Randomness[]) => Promise<string[]>> = {
        "alice's": oneByOne(async (random) => keyOf((await sides.begin(sides.pair, random)).message1)),
        "bob's": async (randoms) =>
          (await sides.answers(randoms, bobs)).map(({ message2 }) => keyOf(message2)),
      }
      for (const [whose, make] of Object.entries(sidesOf)) {
        const [one = EMPTY, two = EMPTY] = (await make([fresh(), fresh()])).map((key) =>
          Buffer.from(key, 'hex'),
        )
        const known = [psk, new Uint8Array(32)].find((secretKey) => equal(publicKeyOf(secretKey), one))
        must(
          !known,
          `${whose} secret key is ${known === psk ? 'the secret itself' : '32 zero bytes'}.`,
          () => {
            return `eve, who has learned the secret, has ${whose} secret key too: ${hex(known ?? EMPTY)}. With it she computes the keys of every conversation she recorded.`
          },
        )
        if (equal(one, two)) {
          const read = await readWithKept(sides, whose === "alice's", one)
          must(
            false,
            `two handshakes have the same public key of ${whose}: the pair was made once.`,
            () =>
              read &&
              `a thief has found ${whose} secret key in the memory of the program, and eve the secret on an old disk. Together they have read what was recorded of another handshake: "${read}".`,
          )
        }
        const count = await randomBytesIn(make, secureRandomBytes(POOL_BYTES), KEY_BYTES, `${whose} key pair`)
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
]

/** What one reads of a later handshake who has the secret, and a secret key that was drawn in an earlier one, and kept. */
async function readWithKept(
  sides: Sides,
  isAlices: boolean,
  publicKey: Uint8Array,
): Promise<string | undefined> {
  const kept = sides.secrets
    .filter(([what]) => what.endsWith('secret key'))
    .map(([, drawn]) => drawn.subarray(0, KEY_BYTES))
    .find((secretKey) => equal(publicKeyOf(secretKey), publicKey))
  if (!kept) return undefined
  const heard = isAlices ? await heardOfAlices(sides) : await heardOfBobs(sides)
  if (!heard) return undefined
  const { known, recorded, theirs } = heard
  return readLater(recorded, [['', made({ ...known, shared: agree(kept, theirs) }).initiator]])?.text
}

/** A handshake of bob's with another alice, and what she says then. */
async function heardOfBobs(sides: Sides) {
  const { known, keys } = await sides.answered()
  return { known, theirs: known.e1, recorded: seal(keys.receive, ZERO_NONCE, EMPTY, utf8(TEXT)) }
}

/** A handshake of alice's with another bob, and what she says then. */
async function heardOfAlices(sides: Sides) {
  const { begun, message1 } = await sides.begin()
  const bob = new Library(sides.pair, false)
  bob.state.readMessage(message1)
  const outcome = await attempt(sides.finish(begun, bob.state.writeMessage()))
  if (!('gave' in outcome)) return undefined
  const [e1, e2] = [message1.slice(0, KEY_BYTES), publicKeyOf(bob.own)]
  const known = { psk: sides.pair.secret.reveal(), ticket: sides.pair.ticket, e1, e2 }
  const { send } = outcome.gave as Keys
  return { known, theirs: e2, recorded: seal(send, ZERO_NONCE, EMPTY, utf8(TEXT)) }
}
