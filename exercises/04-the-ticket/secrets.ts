/**
 * Where the secret comes from, and whether anybody can guess it.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { contains, must } from '../examiner/property.ts'
import { asCarol, computedBy, forgedTicket, madeOf, placeIn, triedAll } from './attacks.ts'
import { Draws } from './draws.ts'
import { aboutThem, everyTicket, opened, rightly } from './everyone.ts'
import { anySecret, secretBytes } from './examine.ts'
import { everyLetter, everyValue, flipped, mixed, partsOf } from './mixing.ts'
import { alice, bob, carol } from './people.ts'
import { inWords } from './questions.ts'
import { type Asked, asQuestion, type StudentKdc } from './student.ts'

const RANDOM_BYTES = 32
/** Far fewer than of random bytes. */
const LIKELY_VALUES = 246
/** Whose secrets are looked at one by one. */
const SOME = 8

/** @throws Missing when the secret is not 32 bytes of what kdc.randomBytes gave for this answer, and of no other use. */
export async function notFresh(kdc: StudentKdc): Promise<void> {
  const first = await kdc.ask()
  const bytes = secretBytes(first.reply)
  must(bytes.length === RANDOM_BYTES, `the secret has ${bytes.length} bytes, and must have 32.`)
  const carols = await kdc.ask({ sender: carol })
  const carolsSecret = secretBytes(carols.reply)
  const { parts, key } = opened(carols)
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
    must(
      !isToken,
      `the secret is ${username}'s token.`,
      () => `${username === 'bob' ? 'alice' : 'bob'} knows now: ${token.toText()}`,
    )
  }
  await notTheSameTwice(kdc, first, carols)
  await notComputed(kdc, carols)
  await notElsewhere(kdc)
  const usual = await kdc.usual()
  for (const asked of usual) {
    const at = placeIn(asked.pool, secretBytes(asked.reply))
    if (at >= 0) apart(at, placeIn(asked.pool, opened(asked).parts.salt))
  }
  const known = usual.map(({ reply }) => secretBytes(reply))
  await notMostlyFixed(kdc, known)
  await notOfFewBytes(kdc)
  fullOfValues(known)
}

/** Where the secret and the salt were drawn. */
function apart(secret: number, salt: number): void {
  const shared = RANDOM_BYTES - Math.abs(secret - salt)
  must(
    shared <= 0,
    `${shared} of the secret's 32 bytes are in the salt too, which stands in the ticket for all to read.`,
  )
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
async function notComputed(kdc: StudentKdc, carols: Asked): Promise<void> {
  const found = await computedBy(kdc, carols, opened(carols).parts.salt)
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
  const { salt } = opened(carols).parts
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

/** Because most of it is known. */
async function notMostlyFixed(kdc: StudentKdc, known: readonly Uint8Array[]): Promise<void> {
  const [first = new Uint8Array()] = known
  const differs = [...first.keys()].filter((i) => known.some((other) => other[i] !== first[i])).length
  if (differs < RANDOM_BYTES) {
    const carols = await kdc.ask({ sender: carol })
    const found = triedAll(known, carols, secretBytes(carols.reply))
    const loot = found && (await asCarol(carols, found, 'tried all secrets there are'))
    must(false, `only ${differs} of the secret's 32 bytes differ from answer to answer.`, () => loot)
  }
}

/** Because it has fewer values than it could have. */
function fullOfValues(known: readonly Uint8Array[]): void {
  // Of 1280 random bytes, one of each value but two or three.
  const values = new Set(known.flatMap((secret) => [...secret])).size
  must(
    values > LIKELY_VALUES,
    `in ${known.length} secrets only ${values} different bytes occur, of 256: these are fewer random bits, written in letters or digits.`,
  )
  for (let bit = 0; bit < 8 * RANDOM_BYTES; bit++) {
    const ones = known.filter((secret) => ((secret[bit >> 3] ?? 0) >> (bit & 7)) & 1).length
    const isFixed = ones === 0 || ones === known.length
    must(!isFixed, `a bit of byte ${bit >> 3} of the secret is the same in ${known.length} answers.`)
  }
}

/** Whatever is done with them: 32 random bytes that are not in the salt must have a part in it. */
async function notOfFewBytes(kdc: StudentKdc): Promise<void> {
  const asked = await kdc.ask()
  // Taken as they came.
  if (placeIn(asked.pool, secretBytes(asked.reply)) >= 0) return
  const parts = await partsOf(kdc, asked)
  must(
    parts.length >= RANDOM_BYTES,
    `only ${parts.length} random bytes have a part in the secret, besides those that stand in the ticket as the salt; it takes 32.`,
  )
}

/** @throws Missing when someone's secret is not fresh. */
export async function everySecretFresh(kdc: StudentKdc): Promise<void> {
  const secrets = new Map<string, Asked>()
  const usual = await kdc.usual()
  const draws = new Draws(usual, ({ reply }) => anySecret(reply))
  const salts = new Draws(usual, (asked) => rightly(asked)?.parts.salt)
  if (draws.place !== undefined && salts.place !== undefined) apart(draws.place, salts.place)
  const isNew = (asked: Asked) => {
    const { secret } = asked.reply
    const other = secrets.get(secret)
    must(!other, 'the secret is one that was given before.', () => {
      return (
        other &&
        `${other.sender.username} knows the secret of ${asked.sender.username}'s conversation: ${secret}`
      )
    })
    secrets.set(secret, asked)
  }
  await everyTicket(kdc, (_ticket, asked) => isNew(asked))
  const { asked } = await kdc.everybody()
  const right = asked.filter(rightly)
  if (draws.place === undefined) await everySecretMixed(kdc, right)
  const isOther = (one: Asked) => draws.place !== undefined && !equal(draws.of(one), anySecret(one.reply))
  for (const one of right.filter(isOther).slice(0, SOME)) {
    await freshAllTheSame(kdc, one)
    aboutThem(one, () => draws.asTheyCame(one, anySecret(one.reply), 'secret'))
  }
  for (const round of await kdc.rounds()) {
    for (const one of round.asked) {
      aboutThem(one, () => {
        isNew(one)
        must(
          !isOther(one),
          `after ${kdc.asked.indexOf(one)} answers the secret is not what kdc.randomBytes gave.`,
        )
      })
    }
  }
}

/** Of a program that makes something of the random bytes. */
async function everySecretMixed(kdc: StudentKdc, right: readonly Asked[]): Promise<void> {
  const [first] = right
  if (!first) return
  const parts = await partsOf(kdc, first)
  mixed(parts)
  await everyValue(kdc, first, parts)
  // For everyone of as many.
  const changed = right.map((one, i) => {
    return { ...asQuestion(one), pool: flipped(one.pool, parts[i % parts.length]?.place ?? 0) }
  })
  for (const [i, { reply }] of (await kdc.askAll(changed)).entries()) {
    const one = right[i]
    if (reply.secret !== one?.reply.secret) continue
    must(false, `${inWords(one)}a random byte that has a part in the secrets of others has none in this one.`)
  }
  await everyLetter(kdc)
}

/** Of someone whose secret is made in another way than others'. */
async function freshAllTheSame(kdc: StudentKdc, one: Asked): Promise<void> {
  const salt = rightly(one)?.parts.salt
  if (!salt) return
  const whose = inWords(one)
  const { sender, receiver } = one
  const again = await kdc.ask(one)
  must(
    again.reply.secret === one.reply.secret,
    `${whose}kdc.randomBytes gave the same bytes as before, and the secret was another: it, or a part of it, came from somewhere else.`,
  )
  const found = await computedBy(kdc, one, salt)
  must(
    !found,
    `${whose}the secret is made of nothing but what others know: who asks for whom, when, and the salt in the ticket.`,
    () => {
      return `mallory has computed the secret of ${sender.username}'s conversation with ${receiver.username}, with your program: ${one.reply.secret}`
    },
  )
  const { length } = await partsOf(kdc, one)
  must(length >= RANDOM_BYTES, `${whose}only ${length} of 32 random bytes have a part in the secret.`)
}
