/**
 * The grader of exercise 04: what the answer and the ticket must be, looked at from outside.
 *
 * @module
 */
import {
  connect,
  EMPTY,
  equal,
  fromBase64url,
  fromUtf8,
  hkdf,
  listen,
  Secret,
  secureRandomBytes,
  utf8,
} from 'symbolon/protocol'
import type { Grader } from '../examiner/grading.ts'
import { NOW_SEC, type StudentProgram } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import {
  cut,
  expectField,
  expectTime,
  type Opened,
  openSomehow,
  secretBytes,
  stolenSecret,
} from './examine.ts'
import type { Listener, Session, UserinfoReply } from './given.ts'

/** More than any answer needs. */
const POOL_BYTES = 4096

// Not random, so that a wrong first byte cannot be right by chance.
const tokenOf = (name: string) => new Secret('session token', hkdf(utf8(name), utf8('exercise 04'), 'token'))
const alice: Session = { username: 'alice', token: tokenOf('alice'), ipAddress: '192.0.2.10' }
const bob: Listener = { username: 'bob', token: tokenOf('bob'), ipAddress: '192.0.2.20', port: 52011 }
const carol: Session = { username: 'carol', token: tokenOf('carol'), ipAddress: '127.0.0.1' }
const kdc = { now: NOW_SEC, ticketLifetimeSec: 300 }

type Answer = (
  sender?: Session,
  receiver?: Listener,
  from?: typeof kdc,
  pool?: Uint8Array,
) => Promise<UserinfoReply>

/** What the student's KDC answers, and nothing that is no object. */
const asks =
  (program: StudentProgram): Answer =>
  async (sender = alice, receiver = bob, from = kdc, pool = secureRandomBytes(POOL_BYTES)) => {
    const given = { ...from, randomBytes: new Randomness(pool) }
    const { value, async } = await program.returned('answerUserinfo', sender, receiver, given)
    must(!async, 'answerUserinfo returned a promise: nothing in it needs async.')
    must(typeof value === 'object' && value, 'answerUserinfo did not return an object.')
    return value as UserinfoReply
  }

/** The ticket, opened under bob's token in whatever way it opens: what later properties look into. */
function opened(reply: UserinfoReply): Opened {
  const ticket = openSomehow(cut(reply.senderinfo), { bob: bob.token })
  must(ticket, "nobody can tell before the ticket opens under bob's token.")
  return ticket
}

export const grader: Grader<Answer> = {
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
  subject: asks,
  properties: [
    {
      name: 'the answer says where bob listens',
      why: 'alice dials the address that you give her. With any other she talks to somebody else, or to nobody.',
      async check(answer) {
        const reply = await answer()
        must(reply.ip_addr !== alice.ipAddress, "ip_addr is alice's own address: she would call herself.")
        must(reply.ip_addr === bob.ipAddress, `ip_addr is ${reply.ip_addr}, and bob is at ${bob.ipAddress}.`)
        must(reply.port === bob.port, `port is ${reply.port}, and bob listens at ${bob.port}.`)
      },
    },
    {
      name: 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed',
      why: 'bob cuts the ticket at fixed places before he knows anything about it. One byte off, and every part is another.',
      async check(answer) {
        cut((await answer()).senderinfo)
      },
    },
    {
      name: "the ticket opens under bob's session token and nobody else's",
      why: 'it is the proof that the KDC speaks. Alice could write any name into a ticket that she can open and seal.',
      async check(answer) {
        const ticket = openSomehow(cut((await answer()).senderinfo), { bob: bob.token, alice: alice.token })
        must(
          ticket,
          "it did not open under bob's token, nor alice's (key, nonce, and aad: is one of them another?).",
        )
        must(ticket.whose === 'bob', "it opened under alice's token.")
      },
    },
    {
      name: "the header names bob's session, and gives nothing of his token away",
      why: 'bob may have several sessions, and finds the right token by this name. Everybody on the way can read it.',
      async check(answer) {
        const { parts } = opened(await answer())
        const sidOf = (session: Session) => hkdf(session.token.reveal(), EMPTY, 'symbolon/1 session id', 16)
        must(
          !contains(bob.token.reveal(), parts.sid),
          "the session id is a piece of bob's token, for all to read.",
        )
        must(!equal(parts.sid, sidOf(alice)), "the session id is that of alice's session.")
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
      async check(answer) {
        const [mine, carols] = [opened(await answer()), opened(await answer(carol))]
        const { wrongKey } = mine
        must(!wrongKey, `the key is ${wrongKey}. ${stolenSecret(mine, carols)}`)
        const sameSalt = equal(mine.parts.salt, carols.parts.salt)
        must(!sameSalt, `two tickets have the same salt, so the same key. ${stolenSecret(mine, carols)}`)
      },
    },
    {
      name: 'nobody can change the header without bob noticing',
      why:
        'the header is not encrypted. If it is not authenticated either, somebody on the way can rewrite the version or the ' +
        'session, and bob will act on what the KDC never said.',
      async check(answer) {
        const { wrongAad } = opened(await answer())
        must(!wrongAad, `the associated data (aad) of the seal is ${wrongAad}; it must be the whole header.`)
      },
    },
    {
      name: 'the ticket says who asked, from where, and for whom it is',
      why:
        "it is the KDC's word about alice, for bob. Without the receiver in it he cannot tell a ticket that was made for " +
        'another name, and without the sender anybody could say "I am alice".',
      async check(answer) {
        const { content } = opened(await answer())
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
      async check(answer) {
        const reply = await answer(alice, bob, { ...kdc, ticketLifetimeSec: 120 })
        const { content } = opened(reply)
        expectTime(content, 'issued_at', kdc.now)
        expectTime(content, 'expires_at', kdc.now + 120)
        expectTime({ ...reply }, 'expires_at', kdc.now + 120, 'the answer')
        expectTime({ ...reply }, 'time', kdc.now, 'the answer')
      },
    },
    {
      name: 'alice and bob get the same secret',
      why: 'the secret is all that tells them from everybody else. With two different ones their handshake fails.',
      async check(answer) {
        const reply = await answer()
        const { content } = opened(reply)
        must(content.secret !== undefined, 'there is no secret in the ticket.')
        must(content.secret === reply.secret, 'the secret in the ticket is not the one in the answer.')
      },
    },
    {
      name: 'every answer has a fresh secret of 32 bytes that nobody can guess',
      why:
        'a secret that comes twice lets the people of one conversation into the next. One that can be computed (from the ' +
        'time, from Math.random, from something public) lets everybody in.',
      async check(answer) {
        const [first, second] = [await answer(), await answer()]
        const bytes = secretBytes(first)
        must(bytes.length === 32, `the secret has ${bytes.length} bytes.`)
        must(first.secret !== second.secret, 'two answers in a row had the same secret.')
        const pool = secureRandomBytes(POOL_BYTES)
        const once = await answer(alice, bob, kdc, pool)
        const again = await answer(alice, bob, kdc, pool)
        must(
          once.secret === again.secret,
          'kdc.randomBytes gave the same bytes as before, and the secret was another: it came from somewhere else.',
        )
      },
    },
    {
      name: "bob's token stays with bob and the KDC",
      why: "whoever has the token can open every ticket for bob, make any, and ask the KDC in bob's name.",
      async check(answer) {
        const reply = await answer()
        const { plaintext } = opened(reply)
        const text = `${JSON.stringify(reply)} ${fromUtf8(plaintext)}`
        const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
        for (const [name, secret] of Object.entries({ "bob's": bob.token, "alice's": alice.token })) {
          const found = text.includes(secret.toText()) || text.includes(hex(secret.reveal()))
          must(!found, `${name} token is in the answer.`)
        }
      },
    },
    {
      name: "it works for others too: dave's receiver hears carol, and refuses her ticket the second time",
      why:
        'the KDC cannot know beforehand who will ask for whom, and a ticket must open one channel, once. This receiver is ' +
        'real: it judges as docs/protocol.md §4.3 says.',
      async check(answer) {
        const dave = { username: 'dave', token: tokenOf('dave'), ipAddress: '127.0.0.1' }
        const heard: string[] = []
        const refused: string[] = []
        const listener = await listen({
          username: dave.username,
          token: dave.token,
          clock: () => kdc.now,
          onRefused: ({ error }) => refused.push(error.code),
          onChannel: async (channel) => {
            for await (const { text } of channel) heard.push(`${channel.peer.username}: ${text}`)
            await channel.close()
          },
        })
        try {
          const reply = await answer(carol, { ...dave, port: listener.address.port })
          await say(reply, 'hi').catch((error: unknown) => {
            must(false, `carol could not talk to dave. His log says '${refused}'; she saw: ${error}`)
          })
          must(heard[0] === 'carol: hi', `dave heard '${heard}' instead of 'carol: hi'.`)
          await say(reply, 'hi again').catch(() => {})
          must(heard.length === 1, 'dave took the same ticket twice.')
        } finally {
          await listener.close()
        }
      },
    },
  ],
}

async function say(reply: UserinfoReply, text: string): Promise<void> {
  const channel = await connect({
    host: reply.ip_addr,
    port: reply.port,
    ticket: fromBase64url(reply.senderinfo),
    secret: Secret.fromText('channel secret', reply.secret),
    receiver: 'dave',
  })
  await channel.send(text)
  await channel.close()
}
