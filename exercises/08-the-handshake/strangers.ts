/**
 * Those who do not know the secret, change what is sent, or look at what is printed.
 *
 * @module
 */
import { concat, EMPTY, equal, Secret, seal, secureRandomBytes, utf8, ZERO_NONCE } from 'symbolon/protocol'
import { attempt } from '../examiner/attempt.ts'
import { different, searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
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
} from './examine.ts'
import type { Keys } from './given.ts'
import { freshSecret, hex, Library, type Pair, type Sides, TEXT } from './sides.ts'

export const ofStrangers: readonly Property<Sides>[] = [
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
        () => 'mallory has sent back what alice said, knowing nothing, and alice has finished the handshake.',
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
      for (const error of different(sides.errors, ({ thrown }) => thrown.all)) {
        const search = searchOf(error.thrown.all)
        const found = sides.secrets.find(([, bytes]) => search(bytes))
        must(!found, `${found?.[0]} stands in the error "${error.thrown.message.slice(0, 60)}".`, () => {
          return `read in the log: ${hex(found?.[1] ?? EMPTY)}.`
        })
      }
      const text = await sides.printed()
      if (text === '') return
      const search = searchOf(text)
      const found = sides.secrets.find(([, bytes]) => search(bytes))
      must(!found, `${found?.[0]} was printed, ${search(found?.[1] ?? EMPTY)}.`, () => {
        return `read in the log: ${hex(found?.[1] ?? EMPTY)}.`
      })
    },
  },
]
