/**
 * What is looked at when the receiver of exercise 07 is a command: docs/protocol.md §4.3 and §5, seen from alice, and from those who
 * say that they are.
 *
 * @module
 */
import { type ChannelRecord, concat, EMPTY, encodeMessage, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { searchOf } from '../examiner/leaks.ts'
import { must, type Property } from '../examiner/property.ts'
import { type Caller, CommandedBob, type Forged, frame, type Key, type Opening, until } from './bob.ts'
import type { Grading } from './grading.ts'

const TEXT = 'at nine, by the fountain'
const MAX_MESSAGE_BYTES = 2 ** 20
const LAST_WORDS_MS = 1_000
const END: ChannelRecord = { type: 'end' }
const message = (text: string): ChannelRecord => ({ type: 'message', body: utf8(text) })
const part = (text: string): ChannelRecord => ({ type: 'part', body: utf8(text) })
const acks = (heard: readonly ChannelRecord[]) =>
  heard.flatMap((record) => (record.type === 'ack' ? [record.count] : []))

/** Dials, uses the connection, and closes it. */
async function calling<T>(bob: CommandedBob, use: (caller: Caller) => Promise<T>): Promise<T> {
  const caller = await bob.call()
  try {
    return await use(caller)
  } finally {
    caller.destroy()
  }
}

/** A conversation in which all goes well. */
async function converses(
  bob: CommandedBob,
  story: string,
  say: (caller: Caller) => Promise<void> | void,
  texts: readonly string[],
) {
  const before = bob.shown().length
  const key = await bob.key()
  await calling(bob, async (caller) => {
    must(await caller.shakeHands(key), `${story}: bob does not answer a good ticket as bob.`)
    await say(caller)
    const isAcknowledged = await caller.hears((heard) => acks(heard).at(-1) === texts.length)
    must(
      isAcknowledged,
      `${story}: bob did not acknowledge ${texts.length} messages; his counts: ${acks(caller.heard).join(', ') || 'none'}.`,
    )
    // What was printed before the ack was sent may come here after it: it takes another way.
    await until(() => bob.shown().length >= before + texts.length, LAST_WORDS_MS)
    const shown = bob.shown().slice(before)
    must(
      shown.length === texts.length,
      `${story}: bob showed ${shown.length} messages and acknowledged ${texts.length}.`,
    )
    for (const [i, text] of texts.entries()) {
      must(
        shown[i]?.from === 'alice',
        `${story}: bob says it is from ${JSON.stringify(shown[i]?.from)}, and the ticket names alice.`,
      )
      must(
        shown[i]?.text === text,
        `${story}: bob showed ${short(shown[i]?.text)} instead of ${short(text)}.`,
      )
    }
    caller.say(END)
    must(
      await caller.hears((heard) => heard.some(({ type }) => type === 'end')),
      `${story}: bob does not say his end after alice's.`,
    )
    const counts = acks(caller.heard)
    must(
      counts.at(-1) === texts.length && counts.every((count, i) => i === 0 || count > (counts[i - 1] ?? 0)),
      `${story}: there were ${texts.length} messages, and bob's counts are ${counts.join(', ')}.`,
    )
    must(await caller.closed(), `${story}: both have said their end, and bob does not hang up.`)
  })
}

/** All must go well again: what went wrong in one channel ends that one. */
const stillServes = (bob: CommandedBob, story: string) =>
  converses(bob, `after ${story}`, (caller) => caller.say(message(TEXT)), [TEXT])

/** Bob hangs up without a byte, and shows nothing. */
async function refuses(bob: CommandedBob, story: string, key: Key, opening?: Opening): Promise<void> {
  const before = bob.shown().length
  await calling(bob, async (caller) => {
    const handshake = caller.open(key, opening)
    await until(() => caller.isClosed || caller.answered > 0, bob.limitMs)
    must(caller.answered === 0, `${story}, and bob answered with ${caller.answered} bytes.`, () => {
      void handshake
      return 'whoever sent that now talks to bob, and he believes what its ticket says.'
    })
    must(caller.isClosed, `${story}, and bob did not hang up.`)
  })
  must(bob.shown().length === before, `${story}, and bob showed a message.`)
}

export const properties: readonly Property<CommandedBob>[] = [
  {
    name: 'bob logs in, and says where he listens',
    why: 'the KDC makes tickets for the session that said last where it listens; with no session there is no ticket.',
    async check(bob) {
      await bob.session()
    },
  },
  {
    name: 'what alice says is shown as it is, and then acknowledged',
    why: 'an ack says that the message has been handled. One that comes earlier is a promise that a crash breaks.',
    async check(bob) {
      const odd = ' \ufeffA\u030angstro\u0308m "\\\u0000" 🏺 \r\n'
      const long = 'σύμβολον '.repeat(8_000)
      await converses(bob, 'alice sent one message', (caller) => caller.say(message(TEXT)), [TEXT])
      await converses(
        bob,
        'alice sent an empty one, one in two parts that cut a character, and one with odd characters in it',
        (caller) => {
          const [first, second] = [utf8('🏺').subarray(0, 2), utf8('🏺').subarray(2)]
          caller.say(message(''))
          caller.say({ type: 'part', body: first }, { type: 'message', body: second })
          caller.say(message(odd))
        },
        ['', '🏺', odd],
      )
      await converses(
        bob,
        'alice sent a long one',
        (caller) => {
          for (const record of encodeMessage(utf8(long))) caller.say(record)
        },
        [long],
      )
      await converses(
        bob,
        'every byte of hers came alone',
        async (caller) => {
          for (const byte of caller.sealed(message(TEXT))) {
            caller.write(Uint8Array.of(byte))
            await new Promise((resolve) => setImmediate(resolve))
          }
        },
        [TEXT],
      )
    },
  },
  {
    name: 'only a ticket that the KDC made for this session is taken, and any other is refused without a byte',
    why: 'the ticket is all that bob knows about who calls. Whoever is let in with another one is whoever it says.',
    async check(bob) {
      const flipped = async (at: number) => {
        const key = await bob.key()
        const ticket = key.ticket.slice()
        const place = at < 0 ? ticket.length + at : at
        ticket[place] = (ticket[place] as number) ^ 1
        return { ...key, ticket }
      }
      for (const [where, at] of [
        ['the session id', 3],
        ['the salt', 20],
        ['what is sealed', 60],
        ['the tag', -1],
      ] as const) {
        await refuses(bob, `one bit of the ticket was changed, in ${where}`, await flipped(at))
      }
      const other = secureRandomBytes(32)
      const forged: [string, Forged][] = [
        ['the version of the ticket was 2', { version: 2 }],
        ['the ticket was sealed under a token that is not his', { sealedUnder: other }],
        ['the ticket was for a session that is not his', { sealedUnder: other, sidOf: other }],
        ["the ticket named another session, and was sealed under bob's token", { sidOf: other }],
        ['the ticket was for carol', { content: (fields) => ({ ...fields, receiver: 'carol' }) }],
        ['the ticket had no secret in it', { content: ({ secret: _, ...fields }) => fields }],
        ['the ticket had no receiver in it', { content: ({ receiver: _, ...fields }) => fields }],
        [
          'the times in the ticket were texts',
          { content: (fields) => ({ ...fields, expires_at: String(fields.expires_at) }) },
        ],
        [
          'the name in the ticket was none',
          { content: (fields) => ({ ...fields, username: 'Alice Smith' }) },
        ],
        ['the address in the ticket was none', { content: (fields) => ({ ...fields, ip_addr: 'home' }) }],
        ['the ticket was a list', { content: (fields) => JSON.stringify([fields]) }],
        ['the ticket was no JSON', { content: () => 'username=alice&receiver=bob&secret=none&and=more' }],
        [
          'the ticket was longer than 4096 bytes',
          { content: (fields) => ({ ...fields, more: 'x'.repeat(4096) }) },
        ],
      ]
      for (const [story, parts] of forged) await refuses(bob, story, await bob.forged(parts))
      await refuses(bob, 'the ticket was 64 bytes long', {
        ticket: new Uint8Array(64).fill(1),
        secret: other,
      })
      const key = await bob.forged({
        content: ({ secret, ...fields }) => ({ later: [1, { a: null }], ...fields, secret }),
      })
      await calling(bob, async (caller) => {
        must(
          await caller.shakeHands(key),
          'the fields of a ticket came in another order, with one more, and bob refused it.',
        )
      })
      const old = await bob.key()
      await bob.start()
      await refuses(bob, 'bob logged in anew, and got a ticket of the session before', old)
      await stillServes(bob, 'tickets that were none')
    },
  },
  {
    name: 'a ticket is taken once',
    why: 'it can be copied from the line. What was sent once could be sent again, to do again what it did.',
    async check(bob) {
      const used = await bob.key()
      await calling(bob, (caller) => caller.shakeHands(used))
      await refuses(bob, 'the same ticket came a second time', used)
      const tried = await bob.key()
      await refuses(bob, 'message 1 was made without the secret', tried, {
        message1: () => secureRandomBytes(48),
      })
      await refuses(bob, 'the same ticket came again after a handshake that failed', tried)
      const key = await bob.key()
      const callers = await Promise.all(Array.from({ length: 4 }, () => bob.call()))
      try {
        const taken = await Promise.all(callers.map((caller) => caller.shakeHands(key)))
        const count = taken.filter(Boolean).length
        must(count === 1, `four connections came at once with one ticket, and bob took ${count} of them.`)
      } finally {
        for (const caller of callers) caller.destroy()
      }
      const [first, second] = [await bob.key(), await bob.key()]
      for (const one of [first, second]) {
        const isTaken = await calling(bob, (caller) => caller.shakeHands(one))
        must(isTaken, 'alice got a second ticket, and bob refused one of the two.')
      }
    },
  },
  {
    name: 'not a byte before alice has proved that she knows the secret',
    why: 'until then it may be anybody who has copied a ticket, and each byte tells something: that bob is here, and what he thinks of it.',
    async check(bob) {
      const key = () => bob.key()
      await refuses(bob, 'the secret was another', { ...(await key()), secret: secureRandomBytes(32) })
      await refuses(bob, 'the handshake was bound to another ticket', await key(), {
        prologue: concat(utf8('symbolon/1 channel'), (await key()).ticket),
      })
      await refuses(bob, 'message 1 was a byte longer', await key(), {
        message1: (right) => concat(right, Uint8Array.of(0)),
      })
      await refuses(bob, 'message 1 had a key of zeros', await key(), {
        message1: (right) => concat(new Uint8Array(32), right.subarray(32)),
      })
      await calling(bob, async (caller) => {
        caller.write(concat(Uint8Array.of(2), frame((await key()).ticket)))
        must(await caller.closed(), 'the connection began with the version 2, and bob did not hang up.')
        must(caller.answered === 0, 'the connection began with the version 2, and bob answered.')
      })
      await stillServes(bob, 'handshakes that failed')
    },
  },
  {
    name: 'what does not open, or is not as agreed, ends the channel, and nothing of it is shown',
    why: 'only somebody on the way makes such bytes, or a program that means something else by them.',
    async check(bob) {
      const stories: [string, (caller: Caller) => void][] = [
        [
          'a frame that does not open came before the message',
          (caller) => caller.write(frame(secureRandomBytes(40))),
        ],
        ['a record of the type 7 came before the message', (caller) => caller.say(Uint8Array.of(7, 0, 0))],
        ['a frame without a record came before the message', (caller) => caller.say(EMPTY)],
        ['an empty part came before the message', (caller) => caller.say({ type: 'part', body: EMPTY })],
        ['alice acknowledged what bob had not sent', (caller) => caller.say({ type: 'ack', count: 1 })],
        ['alice gave up, and then went on', (caller) => caller.say({ type: 'abort', code: 'failed' })],
        ['alice said her end with bytes in it', (caller) => caller.say(Uint8Array.of(5, 0, 1, 0))],
        ['alice said her end, and then a message', (caller) => caller.say(END)],
      ]
      for (const [story, wrong] of stories) {
        const before = bob.shown().length
        const key = await bob.key()
        await calling(bob, async (caller) => {
          must(await caller.shakeHands(key), 'bob does not answer a good ticket as bob.')
          wrong(caller)
          caller.say(message('and this came after it'))
          must(await caller.closed(), `${story}, and bob did not hang up.`)
        })
        must(bob.shown().length === before, `${story}, and bob showed what came after it.`)
      }
      await stillServes(bob, 'channels that went wrong')
    },
  },
  {
    name: 'half a message is not shown, and a message has a longest length',
    why: 'somebody who cuts the line could make "do not sell" of "do not sell below ten"; and one who sends for ever fills the memory.',
    async check(bob) {
      const cut: [string, (caller: Caller) => void][] = [
        ['a part came, and the line was cut', (caller) => caller.say(part('do not sell'))],
        [
          'a part came, and then her end',
          (caller) => {
            caller.say(part('do not sell'))
            caller.say(END)
          },
        ],
        [
          'half a frame came',
          (caller) => caller.write(caller.sealed(message('do not sell')).subarray(0, 20)),
        ],
        [
          'a message of more than 1 MiB came',
          (caller) => {
            for (const record of encodeMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(0x78)))
              caller.say(record)
          },
        ],
      ]
      for (const [story, say] of cut) {
        const before = bob.shown().length
        const key = await bob.key()
        await calling(bob, async (caller) => {
          must(await caller.shakeHands(key), 'bob does not answer a good ticket as bob.')
          say(caller)
          caller.hangUp()
          must(await caller.closed(), `${story}, and bob did not hang up.`)
          const { length } = acks(caller.heard)
          must(length === 0, `${story}, and bob acknowledged it.`)
        })
        const shown = bob.shown().slice(before)
        must(shown.length === 0, `${story}, and bob showed ${short(shown[0]?.text)}.`)
      }
      await stillServes(bob, 'messages that were cut')
    },
  },
  {
    name: 'one channel does not wait for another',
    why: 'whoever calls and says nothing would keep everybody else from bob.',
    async check(bob) {
      const key = await bob.key()
      await calling(bob, async (silent) => {
        silent.write(Uint8Array.of(1))
        await calling(bob, async (slow) => {
          must(
            await slow.shakeHands(key),
            'somebody had dialled and said nothing, and bob did not answer alice.',
          )
          slow.say(part('wait'))
          await stillServes(bob, 'two channels that are still open')
        })
      })
    },
  },
  {
    name: "a ticket is good as long as it says, by the KDC's clock, and a minute more on both sides",
    why: 'a ticket that was stolen is of no use tomorrow; and clocks differ, so that a strict one refuses what is good.',
    async check(bob) {
      const hour = 3600
      await bob.start(2 * hour)
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
        const key = await at(issued, expires)
        const isTaken = await calling(bob, (caller) => caller.shakeHands(key))
        must(isTaken, `${story} (clocks may be a minute apart), and bob refused it.`)
      }
      await refuses(bob, 'the ticket ended 70 s ago', await at(-370, -70))
      await refuses(bob, 'the ticket will be made in 70 s', await at(70, 370))
      await refuses(bob, 'the ticket ended two hours ago', await at(-2 * hour - 300, -2 * hour))
    },
  },
  {
    name: 'no token, secret or password is printed',
    why: 'what is on a screen is also in its history, in a screenshot, and in what is sent along with a question.',
    check(bob) {
      const { printed, passwords, secrets } = bob
      must(!passwords.some((password) => printed.includes(password)), 'the password was printed.')
      const search = searchOf(printed)
      for (const secret of secrets) {
        const how = search(secret)
        must(!how, `a token or a secret was printed, ${how}.`)
      }
    },
  },
]

/** How a command that receives is graded. */
export const receiver: Grading<CommandedBob> = {
  properties,
  subject: (command, options) => new CommandedBob(command, options),
  end: (bob) => bob.stop(),
}

function short(text: unknown): string {
  const shown = JSON.stringify(text) ?? 'nothing'
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown
}
