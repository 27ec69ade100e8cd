/**
 * How long a ticket is, which everybody on the way sees.
 *
 * @module
 */
import { must } from '../examiner/property.ts'
import { aboutThem, rightly } from './everyone.ts'
import { anySecret } from './examine.ts'
import type { Asked, StudentKdc } from './student.ts'

/** Of tickets of one length, before anything is said about their secrets. */
const ENOUGH = 24

/** @throws Missing when the length of a ticket is another with another secret. */
export async function everyLength(kdc: StudentKdc): Promise<void> {
  const rounds = await kdc.rounds()
  const { asked } = await kdc.everybody()
  const all = [...asked, ...rounds.flatMap(({ asked }) => asked)]
  for (const round of rounds) {
    for (const [i, one] of round.before.entries()) {
      const other = round.asked[i]
      if (!other || !rightly(one)) continue
      const [before, after] = [lengthOf(one), lengthOf(other)]
      aboutThem(one, () => {
        must(
          before === after,
          `the ticket had ${before} characters, and then ${after}, for the same question: its length depends on what is random, ` +
            'and everybody on the way sees it.',
          () => readFromLength(all),
        )
      })
    }
  }
}

const lengthOf = ({ reply }: Asked) => String(reply.senderinfo).length

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
