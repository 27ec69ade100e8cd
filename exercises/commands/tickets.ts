/**
 * Which tickets a receiver that is a command takes: the properties of exercise 07, in the same words. How much it remembers it is not
 * told, so the bound of its memory is not looked at.
 *
 * @module
 */
import { concat, hkdf, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { WORDS } from '../07-the-receiver/properties.ts'
import { searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { type CommandedBob, type Forged, type Key, until } from './bob.ts'
import { acks, calling, message, refuses, short, stillServes, TEXT, takes } from './calls.ts'

const HEADER_BYTES = 49
const HOUR_SEC = 3600
/** That have come since: none of them is a reason to forget the first. */
const OTHERS = 20

const saltOf = ({ ticket }: Key) => ticket.subarray(17, HEADER_BYTES)
const other = (salt: Uint8Array, content: Forged['content']): Forged => ({
  salt,
  ...(content && { content }),
})

/** The same, with the bits of one byte changed. */
function flipped({ ticket, secret }: Key, at: number, bits = 1): Key {
  const place = at < 0 ? ticket.length + at : at
  return { secret, ticket: ticket.map((byte, i) => (i === place ? byte ^ bits : byte)) }
}

/** A good ticket, whose sender says something. */
async function accepts(bob: CommandedBob, story: string, key: Key, from = 'alice'): Promise<void> {
  const before = bob.shown().length
  await calling(bob, async (caller) => {
    must(await caller.shakeHands(key), `${story}: bob does not answer a good ticket as bob.`)
    caller.say(message(TEXT))
    must(
      await caller.hears((heard) => acks(heard).length > 0),
      `${story}: bob did not acknowledge the message: with the secret in the ticket he would have read it.`,
    )
  })
  await until(() => bob.shown().length > before, bob.limitMs)
  const shown = bob.shown()[before]
  must(shown, `${story}: bob showed nothing.`)
  must(
    shown.from === from,
    `${story}: bob says it is from ${short(shown.from)}, and the ticket names ${from}.`,
  )
}

/** Tickets in which something else is sealed. */
const CONTENTS: [string, NonNullable<Forged['content']>][] = [
  ...(['username', 'ip_addr', 'secret', 'receiver', 'issued_at', 'expires_at'] as const).map(
    (name): [string, NonNullable<Forged['content']>] => [
      `the ticket had no ${name} in it`,
      (fields) => ({ ...fields, [name]: undefined }),
    ],
  ),
  ['the times in the ticket were texts', (fields) => ({ ...fields, expires_at: String(fields.expires_at) })],
  ['a time in the ticket was no whole number', (fields) => ({ ...fields, issued_at: 0.5 })],
  ['the name in the ticket was none', (fields) => ({ ...fields, username: 'Alice Smith' })],
  ['the name in the ticket was empty', (fields) => ({ ...fields, username: '' })],
  ['the address in the ticket was none', (fields) => ({ ...fields, ip_addr: 'home' })],
  ['the ticket was a list', (fields) => JSON.stringify([fields])],
  ['the ticket was no JSON', () => 'username=alice&receiver=bob&secret=none&and=more'],
  ['something stood behind the JSON', (fields) => `${JSON.stringify(fields)} x`],
]

export const ofTickets: readonly Property<CommandedBob>[] = [
  {
    ...WORDS.accepts,
    async check(bob) {
      await accepts(bob, 'alice called', await bob.key())
      await accepts(
        bob,
        'carol called from an address of IPv6',
        await bob.key({ username: 'carol', ipAddress: '2001:db8::1' }),
        'carol',
      )
      const longest = 'a'.repeat(64)
      await accepts(
        bob,
        'a sender called whose name has 64 letters',
        await bob.key({ username: longest }),
        longest,
      )
      const reordered = await bob.forged({
        content: ({ secret, ...fields }) => ({ later: [1, { a: null }], ...fields, secret }),
      })
      await accepts(bob, 'the fields of a ticket came in another order, with one more', reordered)
    },
  },
  {
    ...WORDS.header,
    async check(bob) {
      const sized = async (length: number): Promise<Key> => {
        const spare =
          length - (await bob.forged({ content: (fields) => ({ ...fields, more: '' }) })).ticket.length
        return bob.forged({ content: (fields) => ({ ...fields, more: 'x'.repeat(spare) }) })
      }
      const { ticket, secret } = await bob.key()
      for (const length of [2, 49, 64])
        await refuses(bob, `the ticket was ${length} bytes long`, {
          ticket: ticket.subarray(0, length),
          secret,
        })
      await accepts(bob, 'the ticket had 4096 bytes', await sized(4096))
      await refuses(bob, 'the ticket had 4097 bytes', await sized(4097))
      const stranger = secureRandomBytes(32)
      const forged: [string, Forged][] = [
        ['the version of the ticket was 2', { version: 2 }],
        ['the ticket was sealed under a token that is not his', { sealedUnder: stranger }],
        ['the ticket was for a session that is not his', { sealedUnder: stranger, sidOf: stranger }],
        ["the ticket named another session, and was sealed under bob's token", { sidOf: stranger }],
      ]
      for (const [story, parts] of forged) await refuses(bob, story, await bob.forged(parts))
    },
  },
  {
    ...WORDS.bits,
    async check(bob) {
      for (const [where, at] of [
        ['the session id', 3],
        ['the salt', 20],
        ['what is sealed', 60],
        ['the tag', -1],
      ] as const) {
        await refuses(bob, `one bit of the ticket was changed, in ${where}`, flipped(await bob.key(), at))
      }
      const key = await bob.forged()
      const carols = [...'alice'].reduce((changed, letter, i) => {
        const bits = letter.charCodeAt(0) ^ 'carol'.charCodeAt(i)
        return flipped(changed, HEADER_BYTES + '{"username":"'.length + i, bits)
      }, key)
      await refuses(
        bob,
        "on the way alice's ticket was made one of carol's",
        carols,
        'an attacker without a key has changed five letters. Bob believes that carol is there.',
      )
      const { ticket, secret } = await bob.key()
      await refuses(bob, "the ticket's last byte was missing", { ticket: ticket.subarray(0, -1), secret })
      await refuses(bob, 'a byte stood after the ticket', {
        ticket: concat(ticket, Uint8Array.of(0)),
        secret,
      })
    },
  },
  {
    ...WORDS.content,
    async check(bob) {
      for (const [story, content] of CONTENTS) await refuses(bob, story, await bob.forged({ content }))
    },
  },
  {
    ...WORDS.carol,
    async check(bob) {
      for (const receiver of ['carol', 'bobby', 'bo']) {
        await refuses(
          bob,
          `the ticket was for ${receiver}`,
          await bob.key({ receiver }),
          `alice asked for ${receiver}, and tells bob what is meant for ${receiver}.`,
        )
      }
      await stillServes(bob, 'tickets that were none')
    },
  },
  {
    ...WORDS.times,
    async check(bob) {
      await bob.start(2 * HOUR_SEC)
      const { clock } = await bob.session()
      const at = (issued: number, expires: number) => {
        return bob.key({ issuedAt: clock() + issued, expiresAt: clock() + expires })
      }
      const good: [string, number, number][] = [
        ["the KDC's clock is two hours ahead, and a ticket came that it had just made", 0, 300],
        ['the ticket will be made in 50 s', 50, 350],
        ['the ticket ended 50 s ago', -350, -50],
      ]
      for (const [story, issued, expires] of good) {
        const isTaken = await takes(bob, await at(issued, expires))
        must(isTaken, `${story} (clocks may be a minute apart), and bob refused it.`)
      }
      const old = 'a ticket that lay around since it ended opens a channel.'
      await refuses(bob, 'the ticket ended 70 s ago', await at(-370, -70), old)
      await refuses(bob, 'the ticket will be made in 70 s', await at(70, 370))
      await refuses(bob, 'the ticket ended two hours ago', await at(-2 * HOUR_SEC - 300, -2 * HOUR_SEC), old)
    },
  },
  {
    ...WORDS.once,
    async check(bob) {
      const twice =
        'alice has called once. Her ticket was recorded and sent again: bob believes that she has called twice.'
      const used = await bob.key()
      must(await takes(bob, used), 'bob does not answer a good ticket as bob.')
      await refuses(bob, 'the same ticket came a second time', used, twice)
      const tried = await bob.key()
      await calling(bob, async (caller) => {
        caller.open(tried, { message1: () => secureRandomBytes(48) })
        must(await caller.closed(), 'message 1 was made without the secret, and bob did not hang up.')
      })
      await refuses(bob, 'the same ticket came again after a handshake that failed', tried, twice)
      const key = await bob.key()
      const callers = await Promise.all(Array.from({ length: 4 }, () => bob.call()))
      try {
        const taken = await Promise.all(callers.map((caller) => caller.shakeHands(key)))
        const count = taken.filter(Boolean).length
        must(
          count === 1,
          `four connections came at once with one ticket, and bob took ${count} of them.`,
          () => twice,
        )
      } finally {
        for (const caller of callers) caller.destroy()
      }
      for (let i = 0; i < OTHERS; i++) {
        must(await takes(bob, await bob.key()), 'alice got another ticket, and bob refused it.')
      }
      await refuses(bob, `the same ticket came again after ${OTHERS} others`, used, twice)
    },
  },
  {
    ...WORDS.logins,
    async check(bob) {
      const salt = secureRandomBytes(32)
      must(await takes(bob, await bob.forged({ salt })), 'bob does not answer a good ticket as bob.')
      const old = await bob.key()
      await bob.start()
      await refuses(bob, 'bob logged in anew, and got a ticket of the session before', old)
      must(
        await takes(bob, await bob.forged({ salt })),
        'bob logged in anew, and refused a ticket whose salt the session before had seen.',
      )
    },
  },
  {
    ...WORDS.refusedUsesNothing,
    async check(bob) {
      const key = await bob.key()
      const salt = saltOf(key)
      const { ticket, secret } = key
      const rubbish = concat(
        ticket.subarray(0, HEADER_BYTES),
        secureRandomBytes(ticket.length - HEADER_BYTES),
      )
      const story = "a ticket came with the salt of alice's"
      await refuses(bob, `${story}, and rubbish behind it`, { ticket: rubbish, secret })
      const wrong: Forged[] = [
        other(salt, (fields) => ({ ...fields, receiver: 'carol' })),
        other(salt, (fields) => ({ ...fields, expires_at: 1 })),
        other(salt, () => 'alice'),
      ]
      for (const parts of wrong) await refuses(bob, `${story}, and was none`, await bob.forged(parts))
      must(
        await takes(bob, key),
        `${story}, and was refused; then alice's own came, and was refused, too.`,
        () =>
          'an attacker without a key has seen the salt go by, and has kept alice from bob. It works for every ticket, and for everybody.',
      )
    },
  },
  {
    ...WORDS.oneWay,
    async check(bob) {
      const used = await bob.key()
      must(await takes(bob, used), 'bob does not answer a good ticket as bob.')
      const stranger = secureRandomBytes(32)
      const { clock } = await bob.session()
      const cases: [string, Key][] = [
        ['a damaged ticket came', flipped(await bob.key(), -1)],
        ['a ticket of version 2 came', await bob.forged({ version: 2 })],
        ['a ticket of another session came', await bob.forged({ sealedUnder: stranger, sidOf: stranger })],
        ['a ticket for carol came', await bob.key({ receiver: 'carol' })],
        [
          'a ticket that had ended came',
          await bob.key({ issuedAt: clock() - 900, expiresAt: clock() - 600 }),
        ],
        ['a ticket came too early', await bob.key({ issuedAt: clock() + 600, expiresAt: clock() + 900 })],
        ['a used ticket came', used],
      ]
      for (const [story, key] of cases) {
        const before = bob.complaints
        await refuses(bob, story, key)
        const isTold = await until(() => bob.complaints > before, bob.limitMs)
        must(isTold, `${story}, and bob wrote no line about it to standard error.`)
      }
      const [excuse] = bob.excuses
      must(!excuse, `${excuse}; he must hang up without a byte.`, () => {
        return 'a stranger without any key has learned how bob refuses this ticket, and tries the next one better informed.'
      })
    },
  },
]

/** Looked at when all else has been tried. */
export const nothingGivenAway: Property<CommandedBob> = {
  ...WORDS.nothingGivenAway,
  async check(bob) {
    const { token } = await bob.session()
    const key = await bob.key()
    await takes(bob, key)
    const hidden: [string, Uint8Array][] = [
      ["ticket's key", hkdf(token, saltOf(key), utf8('symbolon/1 ticket'), 32)],
      ...bob.secrets,
    ]
    const search = searchOf(bob.printed)
    for (const [what, secret] of hidden) {
      const how = search(secret)
      must(!how, `your program printed the ${what}, ${how}.`, () => {
        return what === 'secret'
          ? 'who reads it reads and forges what alice and bob say.'
          : 'who reads it opens the ticket, and has the secret of the channel.'
      })
    }
  },
}
