/**
 * What holds for alice and bob is looked at for everyone else.
 *
 * @module
 */
import { EMPTY, equal, hkdf } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import { Missing, must } from '../examiner/property.ts'
import { inWords, otherwise } from './anybody.ts'
import { placeIn, stolenSecret } from './attacks.ts'
import { anySecret, type Opened, openSomehow, secretBytes, ticketBytes, twiceSaid } from './examine.ts'
import type { Session, UserinfoReply } from './given.ts'
import { tokenOf } from './people.ts'
import type { Asked, StudentKdc } from './student.ts'

/** Of tickets that do not open as they should, each takes its time. */
const LOOKED_AT = 6
/** For whom the tokens are exchanged. */
const EXCHANGED = 64
/** Of tickets of one length, before anything is said about their secrets. */
const ENOUGH = 24

export const FIELDS = {
  answer: ['ip_addr', 'port', 'secret', 'senderinfo', 'expires_at', 'time'],
  ticket: ['username', 'ip_addr', 'secret', 'receiver', 'issued_at', 'expires_at'],
}

type Check = (asked: Asked) => void

/** @throws Missing when something does not hold for someone; it says for whom. */
export async function everyone(kdc: StudentKdc, check: Check): Promise<void> {
  for (const asked of (await kdc.everybody()).asked) aboutThem(asked, () => check(asked))
}

/** The same, about the tickets that open as they should. */
export function everyTicket(kdc: StudentKdc, check: (ticket: Opened, asked: Asked) => void): Promise<void> {
  return everyone(kdc, (asked) => {
    const ticket = rightly(asked)
    if (ticket) check(ticket, asked)
  })
}

function aboutThem(asked: Asked, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    throw new Missing(inWords(asked) + error.message, error.kind, error.loot)
  }
}

const tickets = new WeakMap<Asked, Opened | 'closed'>()

/** The ticket, if it opens as it should. */
export function rightly(asked: Asked): Opened | undefined {
  const known = tickets.get(asked)
  if (known) return known === 'closed' ? undefined : known
  const ticket = openSomehow(bytesOf(asked.reply), { receiver: asked.receiver.token.reveal() }, EMPTY, true)
  tickets.set(asked, ticket ?? 'closed')
  return ticket
}

function bytesOf(reply: UserinfoReply): Uint8Array {
  try {
    return ticketBytes(reply)
  } catch {
    return EMPTY
  }
}

/** The ticket, in whatever way it opens. */
export function looked(asked: Asked): Opened | undefined {
  const right = rightly(asked)
  if (right) return right
  const { reply, receiver, sender, by } = asked
  const tokens = { receiver: receiver.token.reveal(), sender: sender.token.reveal() }
  const ticket = openSomehow(ticketBytes(reply), tokens, anySecret(reply), by.isClosed)
  by.isClosed ||= !ticket
  return ticket
}

/** Some of those that do not open as they should, in the way in which they do. */
async function someOthers(kdc: StudentKdc, check: (ticket: Opened | undefined, asked: Asked) => void) {
  const { asked } = await kdc.everybody()
  const others = asked.filter((one) => !rightly(one)).slice(0, LOOKED_AT)
  for (const one of others) aboutThem(one, () => check(looked(one), one))
}

export function everyTicketOpens(kdc: StudentKdc): Promise<void> {
  return someOthers(kdc, (ticket, { receiver }) => {
    must(ticket, `the ticket does not open under the token of ${receiver.username}.`)
    const { whose, key, wrongNonce } = ticket
    must(whose === 'receiver', "the ticket opens under the sender's token, and not under the receiver's.")
    // What is the same for every ticket is another property's.
    must(!key.wrong || key.kind, `the key of the ticket is ${key.wrong}.`)
    must(!wrongNonce, `the nonce is ${wrongNonce}; it must be ZERO_NONCE.`)
  })
}

export function everyHeaderIsAuthenticated(kdc: StudentKdc): Promise<void> {
  return someOthers(kdc, (ticket) => {
    must(
      !ticket?.aad.wrong,
      `the associated data (aad) of the seal is ${ticket?.aad.wrong}, and not the header.`,
    )
  })
}

export const sidOf = (session: Session): Uint8Array =>
  hkdf(session.token.reveal(), EMPTY, 'symbolon/1 session id', 16)

export async function everySessionId(kdc: StudentKdc): Promise<void> {
  const { asked } = await kdc.everybody()
  await everyTicket(kdc, ({ parts }, { receiver }) => {
    const right = sidOf(receiver)
    if (equal(parts.sid, right)) return
    const earlier = asked.some((other) => {
      return other.receiver.username === receiver.username && equal(sidOf(other.receiver), parts.sid)
    })
    must(
      !earlier,
      `the session id is that of another session of ${receiver.username}'s, who has logged in more than once.`,
    )
    must(false, `the session id is not that of ${receiver.username}'s session.`)
  })
}

/** @throws Missing when a salt comes twice, whoever it is for, or is not what kdc.randomBytes gave. */
export async function everySalt(kdc: StudentKdc): Promise<void> {
  const salts = new Map<string, { asked: Asked; ticket: Opened }>()
  await everyTicket(kdc, (ticket, asked) => {
    const text = Buffer.from(ticket.parts.salt).toString('hex')
    const other = salts.get(text)
    const isOneKey = other && equal(other.asked.receiver.token.reveal(), asked.receiver.token.reveal())
    must(
      !other,
      isOneKey ? 'two tickets have the same salt, so the same key.' : 'two tickets have the same salt.',
      () => {
        return isOneKey
          ? stolenSecret(other.ticket, ticket)?.replace("carol's ticket", 'another ticket')
          : undefined
      },
    )
    must(
      placeIn(asked.pool, ticket.parts.salt) >= 0,
      'the salt is not 32 bytes as kdc.randomBytes gave them.',
    )
    salts.set(text, { asked, ticket })
  })
}

/** @throws Missing when a ticket does not say who asks for whom, and from where. */
export async function everyonesNames(kdc: StudentKdc): Promise<void> {
  const { asked } = await kdc.everybody()
  await everyTicket(kdc, ({ content, plaintext }, { sender, receiver }) => {
    nothingBehindIt(plaintext, asked)
    must(Object.keys(content).length > 0, 'what is sealed in the ticket is no JSON object in UTF-8.')
    for (const [name, wanted] of Object.entries({
      username: sender.username,
      ip_addr: sender.ipAddress,
      receiver: receiver.username,
    })) {
      const found = content[name]
      must(
        found === wanted,
        `${name} in the ticket is ${JSON.stringify(found)}, and ${JSON.stringify(wanted)} was expected.`,
      )
    }
  })
}

/** @throws Missing when something stands behind the JSON object in a ticket. */
export async function nothingBehind(kdc: StudentKdc, asked: Asked): Promise<void> {
  const ticket = looked(asked)
  if (ticket) nothingBehindIt(ticket.plaintext, (await kdc.everybody()).asked)
}

function nothingBehindIt(plaintext: Uint8Array, others: readonly Asked[]): void {
  const text = Buffer.from(plaintext).toString('utf8')
  const behind = /^\s*\{[^{}]*\}([\s\S]*\S[\s\S]*)$/.exec(text)?.[1]
  if (behind === undefined) return
  const isOfOthers = others.some((one) => textOf(one)?.slice(0, text.length).endsWith(behind))
  const whose = isOfOthers ? ", which stood in an earlier ticket, for another's eyes" : ''
  must(false, `behind the JSON in the ticket stands ${JSON.stringify(behind.slice(0, 60))}${whose}.`)
}

const textOf = (asked: Asked) => {
  const ticket = rightly(asked)
  return ticket && Buffer.from(ticket.plaintext).toString('utf8')
}

/** That a time is one of an earlier question. */
export function ofEarlier(time: unknown, asked: readonly Asked[]): string {
  const isEarlier = asked.some(({ clock: { now, ticketLifetimeSec } }) => {
    return time === now || time === now + ticketLifetimeSec
  })
  return isEarlier ? ' It is that of another question, which was asked before.' : ''
}

export async function everyonesTimes(kdc: StudentKdc): Promise<void> {
  const { asked } = await kdc.everybody()
  await everyTicket(kdc, ({ content }, { reply, clock: { now, ticketLifetimeSec } }) => {
    const end = now + ticketLifetimeSec
    const wanted: [string, object, string, number][] = [
      ['ticket', content, 'issued_at', now],
      ['ticket', content, 'expires_at', end],
      ['answer', reply, 'expires_at', end],
      ['answer', reply, 'time', now],
    ]
    for (const [where, fields, name, time] of wanted) {
      const found = (fields as Readonly<Record<string, unknown>>)[name]
      must(
        found === time,
        `${name} in the ${where} is ${JSON.stringify(found)}, and ${time} was expected: kdc.now was ${now}, ` +
          `and a ticket was good for ${ticketLifetimeSec} s.${ofEarlier(found, asked)}`,
      )
    }
  })
}

export function everySecretForBoth(kdc: StudentKdc): Promise<void> {
  return everyTicket(kdc, ({ content }, { reply }) => {
    must(content.secret === reply.secret, 'the secret in the ticket is not the one in the answer.')
    const { length } = secretBytes(reply)
    must(length === 32, `the secret has ${length} bytes, and must have 32.`)
  })
}

const answerOf = ({ reply: { senderinfo: _, ...answer } }: Asked) => JSON.stringify(answer)

/** @throws Missing when something of a token stands in an answer or a ticket. */
export async function everyonesTokens(kdc: StudentKdc): Promise<void> {
  await everyTicket(kdc, ({ key }, asked) => {
    const { sender, receiver } = asked
    for (const [where, text] of Object.entries({
      'the answer': answerOf(asked),
      'the ticket': textOf(asked) ?? '',
    })) {
      for (const [what, bytes] of Object.entries({
        [`${receiver.username}'s token`]: receiver.token.reveal(),
        [`${sender.username}'s token`]: sender.token.reveal(),
        'the key of the ticket': key.bytes,
      })) {
        const found = standsIn(text, bytes)
        must(!found, `${what} is in ${where}, ${found}.`, () => {
          return `read there: ${Buffer.from(bytes).toString('base64url')}`
        })
      }
    }
  })
  // What nobody would recognise shows when a token is another and nothing else is.
  const { asked } = await kdc.everybody()
  const some = asked
    .filter((one, i) => i % 5 === 0 && rightly(one) && one.sender !== one.receiver)
    .slice(0, EXCHANGED)
  const others = ({ sender, receiver, clock, pool }: Asked) => [
    { sender, receiver, clock, pool },
    { sender: { ...sender, token: tokenOf('another') }, receiver, clock, pool },
    { sender, receiver: { ...receiver, token: tokenOf('another') }, clock, pool },
  ]
  const answers = await kdc.askAll(some.flatMap(others))
  for (const [i, one] of some.entries()) {
    const [again, sendersOther, receiversOther] = answers.slice(3 * i)
    if (!again || !sendersOther || !receiversOther) continue
    // Of a program that answers the same twice.
    if (JSON.stringify(again.reply) !== JSON.stringify(one.reply)) continue
    aboutThem(one, () => {
      must(
        JSON.stringify(sendersOther.reply) === JSON.stringify(one.reply),
        "with another token of the sender's, and all else the same, the answer is another: something of that token is in it.",
      )
      const said = [answerOf(receiversOther), textOf(receiversOther)]
      must(
        said[0] === answerOf(one) && said[1] === textOf(one),
        "with another token of the receiver's, and all else the same, the answer or the ticket says something else: " +
          'something of that token is in it.',
      )
    })
  }
}

/** @throws Missing when the length of a ticket is another with another secret. */
export async function everyLength(kdc: StudentKdc): Promise<void> {
  const { asked } = await kdc.everybody()
  const right = asked.filter(rightly)
  const again = await kdc.askAll(otherwise(right))
  for (const [i, one] of right.entries()) {
    const [before, after] = [lengthOf(one), again[i] ? lengthOf(again[i]) : 0]
    aboutThem(one, () => {
      must(
        before === after,
        `the ticket had ${before} bytes, and then ${after}, for the same question: its length depends on what is random, ` +
          'and everybody on the way sees it.',
        () => readFromLength([...right, ...again]),
      )
    })
  }
}

const lengthOf = ({ reply }: Asked) => bytesOf(reply).length

/** What all secrets have in common whose tickets are so much longer than their JSON need be. */
function readFromLength(all: readonly Asked[]): string | undefined {
  const groups = new Map<number, Uint8Array[]>()
  for (const asked of all) {
    const ticket = rightly(asked)
    if (!ticket) continue
    const more = ticket.plaintext.length - Buffer.byteLength(JSON.stringify(ticket.content))
    groups.set(more, [...(groups.get(more) ?? []), anySecret(asked.reply)])
  }
  for (const [more, secrets] of groups) {
    if (secrets.length < ENOUGH) continue
    const known: number[] = []
    for (let bit = 0; bit < 256; bit++) {
      const ones = secrets.filter((secret) => ((secret[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
      if (ones === 0 || ones === secrets.length) known.push(bit)
    }
    if (known.length > 0) {
      const bytes = [...new Set(known.map((bit) => bit >> 3))].join(', ')
      return `with no key at all mallory knows ${known.length} bits of the secret (in byte ${bytes}) whenever a ticket has ${more} bytes more than its six fields take.`
    }
  }
  return undefined
}

/** @throws Missing when there is more in an answer or a ticket than six fields, each once. */
export async function everyonesFields(kdc: StudentKdc): Promise<void> {
  await everyTicket(kdc, (ticket, asked) => {
    for (const [where, fields] of [
      ['answer', asked.reply],
      ['ticket', ticket.content],
    ] as const) {
      onlySix(where, fields)
    }
    const text = textOf(asked) ?? ''
    saidOnce(text, ticket.content)
    for (const part of [asked.sender, asked.receiver, asked.clock]) {
      for (const [name, value] of Object.entries(part).filter(([name]) => !GIVEN.includes(name))) {
        const isIn = `${answerOf(asked)} ${text}`.includes(String(value))
        must(!isIn, `what the KDC remembers as '${name}' stands in the answer or the ticket.`)
      }
    }
  })
}

/** What an answer is made of. */
const GIVEN = ['username', 'token', 'ipAddress', 'port', 'now', 'ticketLifetimeSec']

export function onlySix(where: keyof typeof FIELDS, fields: object): void {
  const missing = FIELDS[where].find((name) => !(name in fields))
  must(!missing, `there is no ${missing} in the ${where}.`)
  const more = Object.entries(fields).find(([name]) => !FIELDS[where].includes(name))
  must(!more, `there is a field '${more?.[0]}' in the ${where}, which does not belong there.`, () => {
    const reader = where === 'answer' ? 'alice' : 'bob'
    return `${reader} has read ${JSON.stringify(more?.[1])?.slice(0, 200)}`
  })
}

export function saidOnce(text: string, content: object): void {
  const twice = twiceSaid(text)
  must(
    !twice,
    `the JSON in the ticket has ${twice} twice: one receiver takes the first, and another the last.`,
  )
  must(
    text.replace(/("(?:\\.|[^"\\])*")|\s+/g, '$1') === JSON.stringify(content),
    'the JSON in the ticket says something in a roundabout way.',
  )
}

/** @throws Missing when an answer became another one later, or an argument did. */
export async function everyAnswerStays(kdc: StudentKdc): Promise<void> {
  await everyone(kdc, ({ changed, altered }) => {
    must(
      !changed,
      'your code changed what it was given, such as a token: the KDC needs it again for the next ticket.',
    )
    must(
      !altered,
      'the answer, or what your code was given for it, became another one when the next questions were asked: while an answer ' +
        "waits to be sent, it turns into somebody else's. Return an object of its own each time.",
    )
  })
}
