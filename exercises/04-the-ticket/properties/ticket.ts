/**
 * What the ticket is, and what it says.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { NOW_SEC } from '../../examiner/program.ts'
import { contains, must, type Property } from '../../examiner/property.ts'
import { aYearLater, changedHeader, stolenSecret } from '../attacks.ts'
import { everyonesNames, everyonesTimes, nothingBehind, ofEarlier } from '../contents.ts'
import { everyone, looked, opened } from '../everyone.ts'
import { expectField, expectTime, notSealed, type Opened, ticketBytes, wrongPlaces } from '../examine.ts'
import { alice, bob, CLOCK, carol } from '../people.ts'
import { everySalt, notTheKdcsSalt } from '../salts.ts'
import { everySealed } from '../sealed.ts'
import type { StudentKdc } from '../student.ts'
import { everyHeaderIsAuthenticated, everySessionId, everyTicketOpens, sidOf } from '../tickets.ts'

/** Both, and what two answers have. */
async function twoTickets(kdc: StudentKdc): Promise<[Opened, Opened]> {
  return [opened(await kdc.ask()), opened(await kdc.ask({ sender: carol }))]
}

export const OF_THE_TICKET: readonly Property<StudentKdc>[] = [
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
      must(!contains(token, parts.sid), "the session id is a piece of bob's token, for all to read.", () => {
        return `half of bob's token, read from the ticket: ${Buffer.from(parts.sid).toString('hex')}`
      })
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
      await notTheKdcsSalt(kdc)
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
    name: 'makeSenderinfo seals what it is given, whoever calls it',
    why: 'a function that is exported has other callers. A ticket that says what an earlier call was about is a ticket for somebody else.',
    async check(kdc) {
      opened(await kdc.ask())
      await everySealed(kdc)
    },
  },
]
