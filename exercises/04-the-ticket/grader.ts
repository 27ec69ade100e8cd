/**
 * The grader of exercise 04: what the answer and the ticket must be, looked at from outside.
 *
 * @module
 */
import { EMPTY, equal } from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { firstIn, standsIn } from '../examiner/leaks.ts'
import { NOW_SEC, StudentError } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { inOtherOrder, inWords, otherwise } from './anybody.ts'
import { aYearLater, changedHeader, forgedTicket, forgedWithToken, stolenSecret } from './attacks.ts'
import {
  everyAnswerStays,
  everyHeaderIsAuthenticated,
  everyLength,
  everyone,
  everyonesFields,
  everyonesNames,
  everyonesTimes,
  everyonesTokens,
  everySalt,
  everySecretForBoth,
  everySessionId,
  everyTicketOpens,
  looked,
  nothingBehind,
  ofEarlier,
  onlySix,
  rightly,
  saidOnce,
  sidOf,
} from './everyone.ts'
import {
  anySecret,
  expectField,
  expectTime,
  notSealed,
  type Opened,
  secretBytes,
  ticketBytes,
  wrongPlaces,
} from './examine.ts'
import type { Session } from './given.ts'
import { alice, bob, CLOCK, carol, tokenOf } from './people.ts'
import { answersWithoutRandomness, everySecretFresh, notFresh, notTheKdcsSalt } from './randomness.ts'
import { call } from './receiver.ts'
import { type Asked, StudentKdc } from './student.ts'

/** What a ticket says, even when it is no right text. */
const textOf = ({ plaintext }: Opened) => Buffer.from(plaintext).toString('utf8')

/** The same, for the properties that can be judged only then. */
function opened(asked: Asked): Opened {
  const ticket = looked(asked)
  must(ticket, `nobody can tell before the ticket opens under ${asked.receiver.username}'s token.`)
  return ticket
}

/** Both, and what two answers have. */
async function twoTickets(kdc: StudentKdc): Promise<[Opened, Opened]> {
  return [opened(await kdc.ask()), opened(await kdc.ask({ sender: carol }))]
}

/** Of a secret that is not all zeros, or the like. */
const LIKELY_VALUES = 16
/** For each answer: what is kept of one takes more, and what else comes and goes in a process mostly takes less. */
const LEFT_BEHIND_BYTES = 110
/** Of seven times. */
const MOST = 4

export const grader: Grader<StudentKdc> = {
  file: 'ticket.ts',
  tools: [
    'concat',
    'EMPTY',
    'hkdf',
    'KEY_BYTES',
    'seal',
    'TAG_BYTES',
    'toBase64url',
    'utf8',
    'Secret',
    'ZERO_NONCE',
    'fromUtf8',
    'fromBase64url',
    'equal',
    'u16',
  ],
  subject: (program) => new StudentKdc(program),
  properties: [
    {
      name: 'the function answers at once, with a plain object',
      why: 'the KDC turns what you return into JSON and sends it. A promise, or an object that does something when it is read, is no text.',
      async check(kdc) {
        await kdc.ask()
        const { failed } = await kdc.everybody()
        if (failed) must(false, inWords(failed) + failed.error.message)
      },
    },
    {
      name: 'the answer says where bob listens',
      why: 'alice dials the address that you give her. With any other she talks to somebody else, or to nobody.',
      async check(kdc) {
        const { reply } = await kdc.ask()
        must(reply.ip_addr !== alice.ipAddress, "ip_addr is alice's own address: she would call herself.")
        must(reply.ip_addr === bob.ipAddress, `ip_addr is ${reply.ip_addr}, and bob is at ${bob.ipAddress}.`)
        must(
          typeof reply.port === 'number',
          `port is ${reply.port === undefined ? 'missing' : typeof reply.port}; it must be a number, as bob has told it.`,
        )
        must(reply.port === bob.port, `port is ${reply.port}, and bob listens at ${bob.port}.`)
        await everyone(kdc, ({ reply: { ip_addr, port }, receiver: { ipAddress, port: listensAt } }) => {
          must(ip_addr === ipAddress, `ip_addr is ${ip_addr}.`)
          must(port === listensAt, `port is ${JSON.stringify(port)}.`)
        })
      },
    },
    {
      name: 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed',
      why: 'bob cuts the ticket at fixed places before he knows anything about it. One byte off, and every part is another.',
      async check(kdc) {
        const asked = await kdc.ask()
        const ticket = ticketBytes(asked.reply)
        const wrong = wrongPlaces(ticket, looked(asked), bob.token.reveal())
        must(!wrong, wrong ?? '')
        await everyone(kdc, ({ reply }) => {
          const [version, ...rest] = ticketBytes(reply)
          must(version === 0x01, `the ticket begins with the byte ${version}, not with the version 0x01.`)
          must(rest.length >= 64, `the ticket has ${rest.length + 1} bytes, and 65 are the least.`)
        })
      },
    },
    {
      name: "the ticket opens under bob's session token and nobody else's",
      why: 'it is the proof that the KDC speaks. Alice could write any name into a ticket that she can open and seal.',
      async check(kdc) {
        const asked = await kdc.ask()
        const ticket = looked(asked)
        const other = ticket ? undefined : notSealed(ticketBytes(asked.reply), bob.token.reveal())
        must(!other, other?.problem ?? '', () => {
          return other?.content && `mallory, who has no key, has read it: ${other.content}`
        })
        must(
          ticket,
          "it did not open under bob's token, nor alice's (key, nonce, and aad: is one of them another?).",
        )
        const { key, whose, wrongNonce, content } = ticket
        if (key.kind === 'public') {
          const loot = `mallory, who has no key, has read the ticket: it is from ${content.username}, and the secret is ${content.secret}`
          must(false, `the key is ${key.wrong}: everybody on the way knows it.`, () => loot)
        }
        must(
          whose === 'receiver',
          "it opened under alice's token.",
          () =>
            `alice has opened her ticket and read it. She can seal another one that says ${carol.username}, and nobody can tell it from yours.`,
        )
        must(!key.wrong || key.kind, `the key is ${key.wrong}.`)
        must(!wrongNonce, `the nonce is ${wrongNonce}; it must be ZERO_NONCE.`)
        await everyTicketOpens(kdc)
      },
    },
    {
      name: "the header names bob's session, and gives nothing of his token away",
      why: 'bob may have several sessions, and finds the right token by this name. Everybody on the way can read it.',
      async check(kdc) {
        const [{ parts }, { parts: others }] = [opened(await kdc.ask()), opened(await kdc.ask())]
        const token = bob.token.reveal()
        must(
          !contains(token, parts.sid),
          "the session id is a piece of bob's token, for all to read.",
          () => {
            return `half of bob's token, read from the ticket: ${Buffer.from(parts.sid).toString('hex')}`
          },
        )
        must(!equal(parts.sid, sidOf(alice)), "the session id is that of alice's session.")
        must(
          equal(parts.sid, others.sid),
          'two tickets for the same session have two session ids: bob finds his token under neither.',
        )
        must(
          equal(parts.sid, sidOf(bob)),
          'the session id is not HKDF(token, "", "symbolon/1 session id", 16).',
        )
        await everySessionId(kdc)
      },
    },
    {
      name: 'every ticket has a key of its own',
      why:
        'ChaCha20 adds a stream of bytes to the text. With the same key and the same nonce it adds the same stream: whoever ' +
        'knows one text subtracts it and reads the other.',
      async check(kdc) {
        const [mine, carols] = await twoTickets(kdc)
        must(!mine.key.kind, `the key is ${mine.key.wrong}.`, () => stolenSecret(mine, carols))
        const sameSalt = equal(mine.parts.salt, carols.parts.salt)
        must(!sameSalt, 'two tickets have the same salt, so the same key.', () => stolenSecret(mine, carols))
        await notTheKdcsSalt(kdc, opened)
        await everySalt(kdc)
      },
    },
    {
      name: 'nobody can change the header without bob noticing',
      why:
        'the header is not encrypted. If it is not authenticated either, somebody on the way can rewrite the version or the ' +
        'session, and bob will act on what the KDC never said.',
      async check(kdc) {
        const ticket = opened(await kdc.ask())
        must(
          !ticket.aad.wrong,
          `the associated data (aad) of the seal is ${ticket.aad.wrong}; it must be the whole header, as it stands in the ticket.`,
          () => changedHeader(ticket),
        )
        await everyHeaderIsAuthenticated(kdc)
      },
    },
    {
      name: 'the ticket says who asked, from where, and for whom it is',
      why:
        "it is the KDC's word about alice, for bob. Without the receiver in it he cannot tell a ticket that was made for " +
        'another name, and without the sender anybody could say "I am alice".',
      async check(kdc) {
        const asked = await kdc.ask()
        const { content, plaintext } = opened(asked)
        await nothingBehind(kdc, asked)
        must(
          Object.keys(content).length > 0,
          `what is sealed in the ticket is no JSON object in UTF-8: it begins with ${JSON.stringify(Buffer.from(plaintext.subarray(0, 12)).toString('latin1'))}.`,
        )
        expectField(content, 'username', alice.username, 'the sender')
        expectField(content, 'ip_addr', alice.ipAddress, 'where the sender is')
        expectField(content, 'receiver', bob.username, 'for whom it is')
        await everyonesNames(kdc)
      },
    },
    {
      name: 'the ticket has a time to live, in whole Unix seconds',
      why:
        'a ticket that somebody finds next year must not open a door. Bob compares the times with his clock, and forgets ' +
        'used tickets only once they are past.',
      async check(kdc) {
        const clock = { now: CLOCK.now + 86_400, ticketLifetimeSec: 120 }
        for (const at of [CLOCK, clock]) {
          const asked = await kdc.ask({ clock: at })
          const { content } = opened(asked)
          const { expires_at: end } = content
          const isLong = typeof end === 'number' && end > at.now + at.ticketLifetimeSec
          const loot = isLong ? await aYearLater(await kdc.ask()) : undefined
          const time = (fields: object, name: string, wanted: number, where?: string) => {
            const all: Readonly<Record<string, unknown>> = { ...fields }
            const meaning = ofEarlier(all[name], kdc.asked.slice(0, -2))
            expectTime(all, name, wanted, [NOW_SEC, Date.now() / 1000], where, { loot, meaning })
          }
          time(content, 'issued_at', at.now)
          time(content, 'expires_at', at.now + at.ticketLifetimeSec)
          time(asked.reply, 'expires_at', at.now + at.ticketLifetimeSec, 'the answer')
          time(asked.reply, 'time', at.now, 'the answer')
        }
        await everyonesTimes(kdc)
      },
    },
    {
      name: 'alice and bob get the same secret, 32 bytes in base64url',
      why:
        'the secret is all that tells them from everybody else. With two different ones their handshake fails, and with one ' +
        'that is written in another way as well.',
      async check(kdc) {
        const asked = await kdc.ask()
        const { content } = opened(asked)
        must(content.secret !== undefined, 'there is no secret in the ticket.')
        must(asked.reply.secret !== undefined, 'there is no secret in the answer.')
        must(
          JSON.stringify(content.secret) === JSON.stringify(asked.reply.secret),
          'the secret in the ticket is not the one in the answer.',
        )
        const { length } = secretBytes(asked.reply)
        must(length === 32, `the secret has ${length} bytes, and must have 32.`)
        await everySecretForBoth(kdc)
      },
    },
    {
      name: 'every answer has a fresh secret that nobody can guess',
      why:
        'a secret that comes twice lets the people of one conversation into the next. One that can be computed (from the ' +
        'time, from Math.random, from something public) lets everybody in.',
      async check(kdc) {
        await notFresh(kdc, opened)
        await everySecretFresh(kdc)
      },
    },
    {
      name: 'without randomness there is no answer',
      why:
        'randomBytes may fail, and then it throws. What a program takes instead, somebody can compute; and a salt that comes ' +
        'again makes the same key again. No answer is better than an answer that is not safe.',
      async check(kdc) {
        opened(await kdc.ask())
        await answersWithoutRandomness(kdc)
      },
    },
    {
      name: "bob's token stays with bob and the KDC",
      why: "whoever has the token can open every ticket for bob, make any, and ask the KDC in bob's name.",
      async check(kdc) {
        const asked = await kdc.ask()
        const said = (one: Asked, ticket = opened(one)) => {
          const { senderinfo: _, ...answer } = one.reply
          return { 'the answer': JSON.stringify(answer), 'the ticket': textOf(ticket) }
        }
        const { parts, key } = opened(asked)
        for (const [where, text] of Object.entries(said(asked))) {
          const found = standsIn(text, bob.token.reveal())
          const loot = found && (await forgedWithToken(bob.token.reveal(), 'with the token from the answer'))
          must(!found, `bob's token is in ${where}, ${found}.`, () => loot)
          const ofAlice = standsIn(text, alice.token.reveal())
          must(!ofAlice, `alice's token is in ${where}, ${ofAlice}.`, () => {
            return where === 'the ticket' ? `bob has read alice's token: ${alice.token.toText()}` : undefined
          })
          const theKey = standsIn(text, key.bytes)
          const forged = theKey && (await forgedTicket(key.bytes, 'with the key of her ticket', parts.header))
          must(!theKey, `the key of the ticket is in ${where}, ${theKey}.`, () => forged)
        }
        // What nobody would recognise shows when the tokens are others and nothing else is: of a program that answers the same twice.
        const { pool } = asked
        const other = (session: Session) => tokenOf(`${session.username}, logged in again`)
        if (JSON.stringify((await kdc.ask(asked)).reply) !== JSON.stringify(asked.reply)) return
        const alices = await kdc.ask({ pool, sender: { ...alice, token: other(alice) } })
        must(
          JSON.stringify(alices.reply) === JSON.stringify(asked.reply),
          "with another token of alice's, and all else the same, the answer is another: something of her token is in it.",
        )
        const bobs = await kdc.ask({ pool, receiver: { ...bob, token: other(bob) } })
        const others = said(bobs, looked(bobs) ?? opened(asked))
        for (const [where, text] of Object.entries(said(asked)))
          must(
            text === others[where as keyof typeof others],
            `with another token of bob's, and all else the same, what ${where} says is another: something of his token is in it.`,
          )
        await everyonesTokens(kdc)
      },
    },
    {
      name: 'from outside the ticket says nothing about the secret',
      why: 'everybody on the way sees how long the ticket is. Each bit of the secret that shows in it halves the work of guessing.',
      async check(kdc) {
        opened(await kdc.ask())
        await everyLength(kdc)
      },
    },
    {
      name: 'the answer and the ticket have six fields each, and nothing besides',
      why: 'alice reads the answer, bob the ticket, and whoever runs a proxy perhaps both. What need not be there can only do harm.',
      async check(kdc) {
        const asked = await kdc.ask()
        const ticket = opened(asked)
        onlySix('answer', asked.reply)
        onlySix('ticket', ticket.content)
        saidOnce(textOf(ticket), ticket.content)
        await everyonesFields(kdc)
      },
    },
    {
      name: 'nothing secret is printed, or said in an error',
      why: 'what a server prints ends up in log files, which many may read, for years. An error that nobody expected does, too.',
      async check(kdc) {
        await kdc.ask()
        const failed = await kdc.withoutRandomness()
        for (const { full, came } of failed) {
          if (!('error' in came && came.error instanceof StudentError)) continue
          const found = firstIn(came.error.thrown.all, secretsOf(full))
          must(
            !found,
            `${inWords(came)}kdc.randomBytes threw, and in the error that your code threw then is ${found?.secret.what}, ${found?.how}.`,
            () => found && `read from the error: ${Buffer.from(found.secret.bytes).toString('base64url')}`,
          )
        }
        // At its end all that it has printed is here: also what it prints later, and what it printed at the first answer only.
        await kdc.restart()
        const found = kdc.printed && firstIn(kdc.printed, kdc.asked.flatMap(secretsOf))
        if (!found) return
        const { what, bytes } = found.secret
        must(false, `your code prints ${what}, ${found.how}.`, () => {
          return `read from the log: ${Buffer.from(bytes).toString('base64url')}`
        })
      },
    },
    {
      name: 'every answer stands for itself, whatever is asked before it and after it',
      why: 'the KDC cannot know beforehand who will ask for whom, when, and from where; and it may be started anew at any time.',
      async check(kdc) {
        opened(await kdc.ask())
        const { asked } = await kdc.everybody()
        await everyAnswerStays(kdc)
        await kdc.restart()
        const right = inOtherOrder(asked)
        const again = await kdc.askAll(right)
        for (const [i, { reply }] of again.entries()) {
          const before = right[i]
          if (!before || JSON.stringify(reply) === JSON.stringify(before.reply)) continue
          must(
            false,
            `${inWords(before)}the same question, with the same randomness, was answered in another way when your program had ` +
              'been started anew and others had asked before. Does your program keep something between two answers?',
          )
        }
      },
    },
    {
      name: 'nothing of an answer stays in the program',
      why: 'the memory of a KDC that keeps what it has answered is full one day; and whoever reads it reads all that was ever said.',
      async check(kdc) {
        opened(await kdc.ask())
        const { asked } = await kdc.everybody()
        // Always for the same people: what is kept of them is there after the first time. Now and then a process needs more or less for
        // other reasons, so most of the times decide.
        await kdc.askAll(otherwise(asked))
        let before = await kdc.heap()
        const [more, less]: [number[], number[]] = [[], []]
        while (more.length < MOST && less.length < MOST) {
          await kdc.askAll(otherwise(asked))
          const now = await kdc.heap()
          const each = Math.round((now - before) / asked.length)
          ;(each > LEFT_BEHIND_BYTES ? more : less).push(each)
          before = now
        }
        must(
          more.length < MOST,
          `${MOST} times ${asked.length} questions of the same people were answered, and each time your program needed more ` +
            `memory than before: some ${Math.min(...more)} bytes of each answer stay in it.`,
        )
      },
    },
    {
      name: "dave's receiver hears carol, and refuses her ticket the second time",
      why: 'a ticket must open one channel, once. This receiver is real: it judges as docs/protocol.md §4.3 says.',
      async check(kdc) {
        const dave = { username: 'dave', token: tokenOf('dave'), ipAddress: '127.0.0.1', port: 4 }
        const { reply } = await kdc.ask({ sender: { ...carol, ipAddress: '127.0.0.1' }, receiver: dave })
        const caller = { ticket: ticketBytes(reply), secret: secretBytes(reply) }
        const [first, second] = await call(
          dave,
          CLOCK.now,
          { ...caller, text: 'hi' },
          { ...caller, text: 'hi again' },
        )
        must(
          first?.heard.length,
          `carol could not talk to dave. His log says '${first?.refused}'; she saw: ${first?.error}`,
        )
        must(first.heard[0] === 'carol: hi', `dave heard '${first.heard}' instead of 'carol: hi'.`)
        must(second?.heard.length === 0, 'dave took the same ticket twice.')
      },
    },
  ],
}

interface Leak {
  readonly what: string
  readonly bytes: Uint8Array
}

/** What may not be told of an answer. */
function secretsOf(asked: Asked): Leak[] {
  const { sender, receiver, reply } = asked
  return [
    { what: `${receiver.username}'s token`, bytes: receiver.token.reveal() },
    { what: `${sender.username}'s token`, bytes: sender.token.reveal() },
    { what: 'the secret', bytes: anySecret(reply) },
    { what: 'the key of the ticket', bytes: rightly(asked)?.key.bytes ?? EMPTY },
  ].filter(({ bytes }) => new Set(bytes).size > LIKELY_VALUES)
}
