/**
 * What stands of a token in what is not the token's owner's.
 *
 * @module
 */
import { searchOf } from '../examiner/leaks.ts'
import { must } from '../examiner/property.ts'
import { aboutThem, answerOf, everyTicket, rightly, textOf } from './everyone.ts'
import type { Opened } from './examine.ts'
import { tokenOf } from './people.ts'
import { inOtherOrder } from './questions.ts'
import { type Asked, asQuestion, type StudentKdc } from './student.ts'

/** For whom the tokens are exchanged. */
const EXCHANGED = 64

/** Whether the answer and the ticket say what they are to say and nothing else, so that there is no room for a token. */
function isPlainlySaid({ content }: Opened, asked: Asked): boolean {
  const { sender, receiver, reply, clock } = asked
  const issued_at = clock.now
  const expires_at = clock.now + clock.ticketLifetimeSec
  const { secret, senderinfo } = reply
  const answer = {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo,
    expires_at,
    time: issued_at,
  }
  const names = { username: sender.username, ip_addr: sender.ipAddress, receiver: receiver.username }
  const ticket = { ...names, secret, issued_at, expires_at }
  return isMadeOf(reply, answer) && isMadeOf(content, ticket) && textOf(asked) === JSON.stringify(content)
}

const isMadeOf = (fields: object, wanted: Readonly<Record<string, unknown>>) =>
  Object.entries(fields).every(([name, value]) => Object.hasOwn(wanted, name) && value === wanted[name])

/** @throws Missing when something of a token stands in an answer or a ticket. */
export async function everyonesTokens(kdc: StudentKdc): Promise<void> {
  await everyTicket(kdc, (ticket, asked) => {
    if (isPlainlySaid(ticket, asked)) return
    const { sender, receiver } = asked
    const { key } = ticket
    for (const [where, text] of Object.entries({
      'the answer': answerOf(asked),
      'the ticket': textOf(asked) ?? '',
    })) {
      const find = searchOf(text)
      for (const [what, bytes] of Object.entries({
        [`${receiver.username}'s token`]: receiver.token.reveal(),
        [`${sender.username}'s token`]: sender.token.reveal(),
        'the key of the ticket': key.bytes,
      })) {
        const found = find(bytes)
        must(!found, `${what} is in ${where}, ${found}.`, () => {
          return `read there: ${Buffer.from(bytes).toString('base64url')}`
        })
      }
    }
  })
  // What nobody would recognise shows when a token is another and nothing else is.
  const { asked } = await kdc.everybody()
  const some = inOtherOrder(asked)
    .filter((one) => rightly(one) && one.sender !== one.receiver)
    .slice(0, EXCHANGED)
  const others = (one: Asked) => [
    asQuestion(one),
    { ...asQuestion(one), sender: { ...one.sender, token: tokenOf('another') } },
    { ...asQuestion(one), receiver: { ...one.receiver, token: tokenOf('another') } },
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
