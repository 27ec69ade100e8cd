/**
 * Where the salt and the secret come from: all randomness that the student's program is given is known here, so is where each
 * byte of it went.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { contains, must } from '../examiner/property.ts'
import { asCarol, computedBy, forgedTicket, madeOf, placeIn, stolenSecret, triedAll } from './attacks.ts'
import { type Opened, secretBytes } from './examine.ts'
import { type Asked, alice, bob, carol, type StudentKdc } from './people.ts'

const RANDOM_BYTES = 32
/** Enough for what comes round now and then. */
const MANY = 24

type Open = (asked: Asked) => Opened

/** @throws Missing when the salt is not 32 bytes of what kdc.randomBytes gave for this answer. */
export async function notTheKdcsSalt(kdc: StudentKdc, open: Open): Promise<void> {
  const seen: Opened[] = []
  for (let i = 0; i < MANY; i++) {
    const asked = await kdc.ask()
    const ticket = open(asked)
    const { salt } = ticket.parts
    const known = seen.find(({ parts }) => equal(parts.salt, salt))
    must(
      !known,
      'alice has asked for bob several times, and two of her tickets have the same salt, so the same key. Bob takes the second for a replay.',
    )
    if (placeIn(asked.pool, salt) < 0) await notDrawn(kdc, open, seen.at(-1) ?? ticket, ticket)
    seen.push(ticket)
  }
}

/** What the salt is instead. */
async function notDrawn(kdc: StudentKdc, open: Open, before: Opened, ticket: Opened): Promise<never> {
  const { salt } = ticket.parts
  // A program that makes its salts itself may make the same ones when it is started anew.
  await kdc.restart()
  const first = open(await kdc.ask())
  await kdc.restart()
  const again = open(await kdc.ask({ sender: carol }))
  const loot = () => (equal(first.parts.salt, again.parts.salt) ? stolenSecret(first, again) : undefined)
  must(
    !equal(first.parts.salt, again.parts.salt),
    'your program was started anew, and the salts came again from the first: the same salt, so the same key.',
    loot,
  )
  const differs = [...salt.keys()].filter(
    (i) => salt[i] !== before.parts.salt[i] || salt[i] !== first.parts.salt[i],
  )
  must(
    differs.length > 20 || differs.length === 0,
    `two salts differ in ${differs.length} of their 32 bytes only: after some tickets one comes a second time.`,
  )
  must(
    false,
    'the salt is not 32 bytes as kdc.randomBytes gave them: it came from somewhere else, or was changed.',
  )
}

/** @throws Missing when the secret is not 32 bytes of what kdc.randomBytes gave for this answer, and of no other use. */
export async function notFresh(kdc: StudentKdc, open: Open): Promise<void> {
  const first = await kdc.ask()
  const bytes = secretBytes(first.reply)
  must(bytes.length === RANDOM_BYTES, `the secret has ${bytes.length} bytes, and must have 32.`)
  const carols = await kdc.ask({ sender: carol })
  const carolsSecret = secretBytes(carols.reply)
  const { parts, key } = open(carols)
  if (madeOf(parts.salt, carolsSecret)) {
    const loot = await asCarol(carols, carolsSecret, 'read the salt in it')
    must(false, 'the secret is the salt, which stands in the ticket for all to read.', () => loot)
  }
  if (equal(carolsSecret, key.bytes)) {
    const loot = await forgedTicket(
      carolsSecret,
      'with the secret of her ticket, which is its key',
      parts.header,
    )
    must(
      false,
      'the secret is the key of the ticket: alice, who gets the secret, can open the ticket and write another.',
      () => loot,
    )
  }
  for (const { username, token } of [alice, bob, carol]) {
    const isToken = contains(token.reveal(), bytes) || contains(token.reveal(), carolsSecret)
    must(!isToken, `the secret is ${username}'s token.`)
  }
  await notTheSameTwice(kdc, first, carols)
  await notComputed(kdc, open, carols)
  await notElsewhere(kdc)
  for (let i = 0; i < MANY; i++) {
    const asked = await kdc.ask()
    const secret = secretBytes(asked.reply)
    const { salt } = open(asked).parts
    const at = placeIn(asked.pool, secret)
    if (at < 0) await notRandom(kdc, asked)
    const saltAt = placeIn(asked.pool, salt)
    const shared = saltAt < 0 ? 0 : RANDOM_BYTES - Math.abs(at - saltAt)
    must(
      shared <= 0,
      `${shared} of the secret's 32 bytes are in the salt too, which stands in the ticket for all to read.`,
    )
  }
}

async function notTheSameTwice(kdc: StudentKdc, first: Asked, carols: Asked): Promise<void> {
  const [one, two] = [secretBytes(first.reply), secretBytes(carols.reply)]
  if (equal(one, two)) {
    const loot = await asCarol(carols, one, 'used the secret of a conversation of her own')
    must(false, 'two answers had the same secret.', () => loot)
  }
  const again = await kdc.ask({ sender: carol })
  if (equal(secretBytes(again.reply), two)) {
    const loot = await asCarol(again, two, 'used the secret of an earlier conversation')
    must(false, 'carol asked twice, and got the same secret.', () => loot)
  }
}

/** Of what is known to others, or of the salt. */
async function notComputed(kdc: StudentKdc, open: Open, carols: Asked): Promise<void> {
  const found = await computedBy(kdc, carols, open(carols).parts.salt)
  if (found) {
    const loot = await asCarol(
      carols,
      found,
      'computed the secret with your program and the salt in the ticket',
    )
    must(
      false,
      'the secret is made of nothing but what others know: who asks for whom, when, and the salt in the ticket.',
      () => loot,
    )
  }
  // With another salt, and all other randomness the same: then it is made of the tokens, or of the key.
  const { salt } = open(carols).parts
  const place = placeIn(carols.pool, salt)
  const pool = crypto.getRandomValues(new Uint8Array(carols.pool.length))
  if (place >= 0) pool.set(salt, place)
  const { reply } = await kdc.ask({ ...carols, pool })
  must(
    reply.secret !== carols.reply.secret,
    'the secret has no randomness of its own: with other random bytes, but the same salt, it is the same. Whoever has the tokens computes it.',
  )
}

/** From where kdc.randomBytes has no part in it. */
async function notElsewhere(kdc: StudentKdc): Promise<void> {
  const once = await kdc.ask()
  const again = await kdc.ask(once)
  must(
    once.reply.secret === again.reply.secret,
    'kdc.randomBytes gave the same bytes as before, and the secret was another: it, or a part of it, came from somewhere else.',
  )
}

/** How far it is from random. */
async function notRandom(kdc: StudentKdc, asked: Asked): Promise<never> {
  const known: Uint8Array[] = []
  for (let i = 0; i < MANY; i++) known.push(secretBytes((await kdc.ask()).reply))
  const [first = new Uint8Array()] = known
  const differs = [...first.keys()].filter((i) => known.some((other) => other[i] !== first[i])).length
  if (differs < RANDOM_BYTES) {
    const carols = await kdc.ask({ sender: carol })
    const found = triedAll(known, carols, secretBytes(carols.reply))
    const loot = found && (await asCarol(carols, found, 'tried all secrets there are'))
    must(false, `only ${differs} of the secret's 32 bytes differ from answer to answer.`, () => loot)
  }
  // Which random bytes have a part in it.
  let count = 0
  for (let i = 0; i < 96; i++) {
    const pool = Uint8Array.from(asked.pool)
    pool[i] = (pool[i] ?? 0) ^ 0xff
    const { reply } = await kdc.ask({ ...asked, pool })
    if (reply.secret !== asked.reply.secret) count++
  }
  must(
    count >= RANDOM_BYTES,
    `only ${count} random bytes have a part in the secret; all 32 of its bytes must be random.`,
  )
  const ones = Array.from({ length: 8 }, (_, bit) =>
    known.flatMap((secret) => [...secret]).some((byte) => (byte >> bit) & 1),
  )
  must(
    ones.every(Boolean),
    'there are values that no byte of the secret ever has: it is not 32 random bytes, but fewer, written in letters or digits.',
  )
  must(
    false,
    'the secret is not 32 bytes as kdc.randomBytes gave them, but something made of them. They need no improvement: take them as they are.',
  )
}
