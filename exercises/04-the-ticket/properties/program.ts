/**
 * What is left of an answer, and what else a program does.
 *
 * @module
 */
import { EMPTY } from 'symbolon/protocol'
import { firstIn, piecesIn } from '../../examiner/leaks.ts'
import { StudentError } from '../../examiner/program.ts'
import { must, type Property } from '../../examiner/property.ts'
import { everyonesFields, onlySix, saidOnce } from '../contents.ts'
import { answerOf, everyone, opened, rightly, saidBy, textOf } from '../everyone.ts'
import { anySecret, secretBytes, ticketBytes } from '../examine.ts'
import { CLOCK, carol, tokenOf } from '../people.ts'
import { inWords } from '../questions.ts'
import { call } from '../receiver.ts'
import {
  type Asked,
  LEFT_BEHIND_BYTES,
  ROUNDS,
  type Round,
  type StudentKdc,
  type Unanswered,
} from '../student.ts'

/** Of a secret that is not all zeros, or the like. */
const LIKELY_VALUES = 16

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

/** Of tickets of each round. */
const OPENED = 32

/** @throws Missing when the same question is answered in another way later on, but for what is random. */
function staysTheSame(kdc: StudentKdc, { before, asked }: Round): void {
  for (const [i, one] of asked.entries()) {
    const other = before[i]
    if (!other) continue
    const isSame = withoutSecret(one, answerOf(one)) === withoutSecret(other, answerOf(other))
    const isOpen =
      i >= OPENED || withoutSecret(one, textOf(one) ?? '') === withoutSecret(other, textOf(other) ?? '')
    const count = kdc.asked.indexOf(one)
    must(
      isSame && isOpen,
      `${inWords(one)}after ${count} answers ${isSame ? 'the ticket' : 'the answer'} to the same question was another than before.`,
    )
  }
}

const withoutSecret = ({ reply }: Asked, text: string) => text.replaceAll(String(reply.secret), 'SECRET')

/** What is seen of the error. */
const allOf = (came: Asked | Unanswered) =>
  'error' in came && came.error instanceof StudentError ? came.error.thrown.all : ''

/** @throws Missing when a few letters of most secrets, or tokens, are in the text. */
function noPieces(text: string, all: readonly Asked[], where: string): void {
  for (const [what, secrets] of [
    ['the secret', all.map(({ reply }) => anySecret(reply))],
    ["the receiver's token", all.map(({ receiver }) => receiver.token.reveal())],
    ["the sender's token", all.map(({ sender }) => sender.token.reveal())],
  ] as const) {
    const piece = piecesIn(text, secrets)
    must(!piece, `a piece of ${what} ${where}, ${piece}: each letter of it is six bits less to guess.`)
  }
}

export const OF_THE_PROGRAM: readonly Property<StudentKdc>[] = [
  {
    name: 'the answer and the ticket have six fields each, and nothing besides',
    why: 'alice reads the answer, bob the ticket, and whoever runs a proxy perhaps both. What need not be there can only do harm.',
    async check(kdc) {
      const asked = await kdc.ask()
      const ticket = opened(asked)
      onlySix('answer', asked.reply)
      onlySix('ticket', ticket.content)
      saidOnce(saidBy(ticket), ticket.content)
      await everyonesFields(kdc)
    },
  },
  {
    name: 'every answer stands for itself, whatever is asked before it and after it',
    why: 'the KDC cannot know beforehand who will ask for whom, when, and from where; and it may be started anew at any time.',
    async check(kdc) {
      const { asked } = await kdc.everybody()
      opened(asked[0] ?? (await kdc.ask()))
      await everyone(kdc, ({ altered }) => {
        must(
          !altered,
          'the answer became another one when the next questions were asked: while it waits to be sent, it turns into somebody ' +
            "else's. Return an object of its own each time.",
        )
      })
      for (const round of await kdc.rounds()) staysTheSame(kdc, round)
      await kdc.restart()
      const right = await kdc.someAgain()
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
      const more = (await kdc.rounds()).filter(({ bytes }) => bytes > LEFT_BEHIND_BYTES)
      must(
        more.length < ROUNDS.more,
        `${more.length} times ${more[0]?.asked.length} questions of the same people were answered, and each time your program needed more ` +
          `memory than before: some ${Math.min(...more.map(({ bytes }) => bytes))} bytes of each answer stay in it.`,
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
  {
    name: 'nothing secret is printed, or said in an error',
    why: 'what a server prints ends up in log files, which many may read, for years. An error that nobody expected does, too.',
    async check(kdc) {
      await kdc.ask()
      const { failed } = await kdc.withoutRandomness()
      // Most errors say the same, word for word.
      const errors = [...new Set(failed.map(({ came }) => allOf(came)))].join('\n')
      const full = [...new Set(failed.map(({ full }) => full))]
      const told = firstIn(errors, full.flatMap(secretsOf))
      must(
        !told,
        `kdc.randomBytes threw, and in the error that your code threw then is ${told?.secret.what}, ${told?.how}.`,
        () => told && `read from the error: ${Buffer.from(told.secret.bytes).toString('base64url')}`,
      )
      noPieces(errors, full, 'stands in the errors that your code throws')
      // At its end all that it has printed is here: also what it prints later, and what it printed at the first answer only.
      await kdc.restart()
      if (!kdc.printed) return
      const found = firstIn(kdc.printed, kdc.asked.flatMap(secretsOf))
      must(!found, `your code prints ${found?.secret.what}, ${found?.how}.`, () => {
        return found && `read from the log: ${Buffer.from(found.secret.bytes).toString('base64url')}`
      })
      noPieces(kdc.printed, kdc.asked, 'is printed')
    },
  },
]
