/**
 * The grader of exercise 04: what the answer and the ticket must be, looked at from outside.
 *
 * @module
 */
import { EMPTY, equal, hkdf } from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { searchOf, standsIn } from '../examiner/leaks.ts'
import { NOW_SEC } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { anybody, sameAgain } from './anybody.ts'
import { aYearLater, changedHeader, forgedTicket, forgedWithToken, placeIn, stolenSecret } from './attacks.ts'
import {
  anySecret,
  expectField,
  expectTime,
  notSealed,
  type Opened,
  openSomehow,
  secretBytes,
  ticketBytes,
  withoutSpaces,
  wrongPlaces,
} from './examine.ts'
import type { Session } from './given.ts'
import {
  type Asked,
  alice,
  bob,
  CLOCK,
  call,
  carol,
  freshPool,
  type Question,
  StudentKdc,
  tokenOf,
} from './people.ts'
import { notFresh, notTheKdcsSalt } from './randomness.ts'

/** The ticket, in whatever way it opens. */
function looked({ reply, receiver, sender, by }: Asked): Opened | undefined {
  const tokens = { [receiver.username]: receiver.token.reveal(), [sender.username]: sender.token.reveal() }
  const ticket = openSomehow(ticketBytes(reply), tokens, anySecret(reply), by.isClosed)
  by.isClosed ||= !ticket
  return ticket
}

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

const FIELDS = {
  answer: ['ip_addr', 'port', 'secret', 'senderinfo', 'expires_at', 'time'],
  ticket: ['username', 'ip_addr', 'secret', 'receiver', 'issued_at', 'expires_at'],
}

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
        // In every ticket, and not in most of them.
        for (let i = 0; i < 8; i++) ticketBytes((await kdc.ask()).reply)
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
          whose === 'bob',
          "it opened under alice's token.",
          () =>
            `alice has opened her ticket and read it. She can seal another one that says ${carol.username}, and nobody can tell it from yours.`,
        )
        must(!key.wrong || key.kind, `the key is ${key.wrong}.`)
        must(!wrongNonce, `the nonce is ${wrongNonce}; it must be ZERO_NONCE.`)
      },
    },
    {
      name: "the header names bob's session, and gives nothing of his token away",
      why: 'bob may have several sessions, and finds the right token by this name. Everybody on the way can read it.',
      async check(kdc) {
        const [{ parts }, { parts: others }] = [opened(await kdc.ask()), opened(await kdc.ask())]
        const token = bob.token.reveal()
        const sidOf = (session: Session) => hkdf(session.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
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
      },
    },
    {
      name: 'the ticket says who asked, from where, and for whom it is',
      why:
        "it is the KDC's word about alice, for bob. Without the receiver in it he cannot tell a ticket that was made for " +
        'another name, and without the sender anybody could say "I am alice".',
      async check(kdc) {
        const { content, plaintext } = opened(await kdc.ask())
        must(
          Object.keys(content).length > 0,
          `what is sealed in the ticket is no JSON object in UTF-8: it begins with ${JSON.stringify(Buffer.from(plaintext.subarray(0, 12)).toString('latin1'))}.`,
        )
        expectField(content, 'username', alice.username, 'the sender')
        expectField(content, 'ip_addr', alice.ipAddress, 'where the sender is')
        expectField(content, 'receiver', bob.username, 'for whom it is')
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
            expectTime({ ...fields }, name, wanted, [NOW_SEC, Date.now() / 1000], where, loot)
          }
          time(content, 'issued_at', at.now)
          time(content, 'expires_at', at.now + at.ticketLifetimeSec)
          time(asked.reply, 'expires_at', at.now + at.ticketLifetimeSec, 'the answer')
          time(asked.reply, 'time', at.now, 'the answer')
        }
      },
    },
    {
      name: 'alice and bob get the same secret',
      why: 'the secret is all that tells them from everybody else. With two different ones their handshake fails.',
      async check(kdc) {
        const asked = await kdc.ask()
        const { content } = opened(asked)
        must(content.secret !== undefined, 'there is no secret in the ticket.')
        must(asked.reply.secret !== undefined, 'there is no secret in the answer.')
        must(
          JSON.stringify(content.secret) === JSON.stringify(asked.reply.secret),
          'the secret in the ticket is not the one in the answer.',
        )
      },
    },
    {
      name: 'every answer has a fresh secret of 32 bytes that nobody can guess',
      why:
        'a secret that comes twice lets the people of one conversation into the next. One that can be computed (from the ' +
        'time, from Math.random, from something public) lets everybody in.',
      async check(kdc) {
        await notFresh(kdc, opened)
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
      },
    },
    {
      name: 'the answer and the ticket have six fields each, and nothing besides',
      why: 'alice reads the answer, bob the ticket, and whoever runs a proxy perhaps both. What need not be there can only do harm.',
      async check(kdc) {
        const asked = await kdc.ask()
        const ticket = opened(asked)
        const { content } = ticket
        for (const [where, fields] of [
          ['answer', asked.reply],
          ['ticket', content],
        ] as const) {
          const missing = FIELDS[where].find((name) => !(name in fields))
          must(!missing, `there is no ${missing} in the ${where}.`)
          const more = Object.entries(fields).find(([name]) => !FIELDS[where].includes(name))
          must(!more, `there is a field '${more?.[0]}' in the ${where}, which does not belong there.`, () => {
            const reader = where === 'answer' ? 'alice' : 'bob'
            return `${reader} has read ${JSON.stringify(more?.[1])?.slice(0, 200)}`
          })
        }
        must(
          withoutSpaces(textOf(ticket)) === JSON.stringify(content),
          'the JSON in the ticket says something twice, or in a roundabout way.',
        )
      },
    },
    {
      name: 'nothing secret is printed',
      why: 'what a server prints ends up in log files, which many may read, for years.',
      async check(kdc) {
        await kdc.ask()
        // At its end all that it has printed is here: also what it prints later, and what it printed at the first answer only.
        await kdc.restart()
        const text = kdc.printed
        if (text === '') return
        const tokens = { "bob's token": bob.token.reveal(), "alice's token": alice.token.reveal() }
        const search = searchOf(text)
        for (const [what, bytes] of Object.entries(tokens)) notPrinted(search, what, bytes)
        for (const asked of kdc.asked) {
          notPrinted(search, 'the secret', anySecret(asked.reply))
          notPrinted(search, 'the key of the ticket', looked(asked)?.key.bytes ?? EMPTY)
        }
      },
    },
    {
      name: 'it works for others too, whoever they are and whatever was asked before',
      why: 'the KDC cannot know beforehand who will ask for whom, when, and from where; and it may be started anew at any time.',
      async check(kdc) {
        for (let i = 0; i < 16; i++) {
          const question = anybody(i)
          const asked = await kdc.ask(question)
          anybodysTicket(asked)
          const { reply } = await kdc.ask({ ...question, pool: freshPool() })
          must(reply.secret !== asked.reply.secret, `${inWords(question)}, the secret is the same each time.`)
        }
        const asked = await kdc.ask()
        await kdc.ask(anybody(1))
        await sameAgain(kdc, asked, 'between the two somebody else had asked')
        const again = { token: tokenOf('logged in again') }
        for (const moved of [again, { port: 443 }, { ipAddress: '198.51.100.9' }]) {
          anybodysTicket(await kdc.ask({ receiver: { ...bob, ...moved } }))
          anybodysTicket(await kdc.ask({ sender: { ...alice, ...moved } }))
        }
        const isChanged = kdc.asked.some(({ changed }) => changed)
        must(
          !isChanged,
          'your code changed what it was given, such as a token: the KDC needs it again for the next ticket.',
        )
        await kdc.restart()
        await sameAgain(kdc, asked, 'between the two your program was started anew')
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

function notPrinted(search: ReturnType<typeof searchOf>, what: string, bytes: Uint8Array): void {
  const found = search(bytes)
  must(!found, `your code prints ${what}, ${found}.`, () => {
    return `read from the log: ${Buffer.from(bytes).toString('base64url')}`
  })
}

const inWords = ({ sender, receiver }: Question): string =>
  `when ${sender.username} at ${sender.ipAddress} asks for ${receiver.username} at ${receiver.ipAddress}, port ${receiver.port}`

/** @throws Missing when something in it is not as it should be. */
function anybodysTicket(asked: Asked): void {
  const { sender, receiver, clock, reply, pool } = asked
  const expires = clock.now + clock.ticketLifetimeSec
  const whose = inWords(asked)
  const ticket = looked(asked)
  must(ticket, `${whose}, the ticket does not open under the token of ${receiver.username}.`)
  const { content, whose: token, parts, wrongLayout, key, aad } = ticket
  must(
    token === receiver.username && !wrongLayout && !key.wrong && !aad.wrong,
    `${whose}, the ticket is another than docs/protocol.md §4.1 says.`,
  )
  const sid = hkdf(receiver.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
  must(equal(parts.sid, sid), `${whose}, the session id is not ${receiver.username}'s.`)
  const wanted = {
    answer: { ip_addr: receiver.ipAddress, port: receiver.port, expires_at: expires, time: clock.now },
    ticket: {
      username: sender.username,
      ip_addr: sender.ipAddress,
      receiver: receiver.username,
      issued_at: clock.now,
      expires_at: expires,
      secret: reply.secret,
    },
  }
  for (const [where, fields] of Object.entries(wanted)) {
    const found = { ...(where === 'answer' ? reply : content) } as Readonly<Record<string, unknown>>
    for (const [name, value] of Object.entries(fields)) {
      must(
        found[name] === value,
        `${whose}, ${name} in the ${where} is ${JSON.stringify(found[name])}, and ${JSON.stringify(value)} was expected.`,
      )
    }
  }
  must(placeIn(pool, parts.salt) >= 0, `${whose}, the salt is not what kdc.randomBytes gave.`)
  must(secretBytes(reply).length === 32, `${whose}, the secret has not 32 bytes.`)
}
