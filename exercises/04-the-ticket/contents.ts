/**
 * What the answer and the ticket say, for everyone.
 *
 * @module
 */
import { must } from '../examiner/property.ts'
import { answerOf, everyTicket, looked, textOf } from './everyone.ts'
import { secretBytes, twiceSaid } from './examine.ts'
import type { Asked, StudentKdc } from './student.ts'

export const FIELDS = {
  answer: ['ip_addr', 'port', 'secret', 'senderinfo', 'expires_at', 'time'],
  ticket: ['username', 'ip_addr', 'secret', 'receiver', 'issued_at', 'expires_at'],
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
      if (found === time) continue
      must(
        false,
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
    if (text !== JSON.stringify(ticket.content)) saidOnce(text, ticket.content)
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
