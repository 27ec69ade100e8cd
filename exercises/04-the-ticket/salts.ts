/**
 * Where the salt comes from: all randomness that the student's program is given is known here, so is where each byte of it went.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { placeIn, stolenSecret, twice } from './attacks.ts'
import { bytesOf, everyTicket, opened } from './everyone.ts'
import type { Opened } from './examine.ts'
import { carol } from './people.ts'
import { inWords } from './questions.ts'
import type { Asked, StudentKdc } from './student.ts'

const SALT_AT = 17
const RANDOM_BYTES = 32
const NOT_DRAWN =
  'the salt is not 32 bytes as kdc.randomBytes gave them: it came from somewhere else, or was changed.'

/** @throws Missing when the salt is not 32 bytes of what kdc.randomBytes gave for this answer. */
export async function notTheKdcsSalt(kdc: StudentKdc): Promise<void> {
  const seen: { asked: Asked; salt: Uint8Array }[] = []
  for (const asked of await kdc.usual()) {
    const { salt } = opened(asked).parts
    const isDrawn = placeIn(asked.pool, salt) >= 0
    if (!isDrawn) seen.push({ asked, ...opened(await kdc.ask()).parts })
    const known = seen.find((other) => equal(other.salt, salt))
    if (known) {
      const loot = await twice(known.asked, asked)
      must(false, 'two tickets of alice for bob have the same salt, so the same key.', () => loot)
    }
    if (!isDrawn) await notDrawn(kdc, seen[0]?.salt ?? salt, salt)
    seen.push({ asked, salt })
  }
}

/** What the salt is instead. */
async function notDrawn(kdc: StudentKdc, before: Uint8Array, salt: Uint8Array): Promise<never> {
  // A program that makes its salts itself may make the same ones when it is started anew.
  await kdc.restart()
  const first = opened(await kdc.ask())
  await kdc.restart()
  const again = opened(await kdc.ask({ sender: carol }))
  const loot = () => (equal(first.parts.salt, again.parts.salt) ? stolenSecret(first, again) : undefined)
  must(
    !equal(first.parts.salt, again.parts.salt),
    'your program was started anew, and the salts came again from the first: the same salt, so the same key.',
    loot,
  )
  const differs = [...salt.keys()].filter((i) => salt[i] !== before[i] || salt[i] !== first.parts.salt[i])
  must(
    differs.length === salt.length || differs.length === 0,
    `two salts differ in ${differs.length} of their 32 bytes only: after some tickets one comes a second time.`,
  )
  must(false, NOT_DRAWN)
}

/** @throws Missing when a salt comes twice, whoever it is for, or is not what kdc.randomBytes gave. */
export async function everySalt(kdc: StudentKdc): Promise<void> {
  const salts = new Map<string, { asked: Asked; ticket: Opened }>()
  await everyTicket(kdc, (ticket, asked) => {
    const { salt } = ticket.parts
    const text = Buffer.from(salt).toString('hex')
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
    must(placeIn(asked.pool, salt) >= 0, NOT_DRAWN)
    salts.set(text, { asked, ticket })
  })
  for (const round of await kdc.rounds()) {
    for (const asked of round.asked) {
      const salt = bytesOf(asked.reply).subarray(SALT_AT, SALT_AT + RANDOM_BYTES)
      must(
        placeIn(asked.pool, salt) >= 0,
        `${inWords(asked)}after ${kdc.asked.indexOf(asked)} answers ${NOT_DRAWN}`,
      )
    }
  }
}
