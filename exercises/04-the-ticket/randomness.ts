/**
 * Where the salt and the secret come from: all randomness that the student's program is given is known here, so is where each
 * byte of it went.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { StudentError } from '../examiner/program.ts'
import { contains, must } from '../examiner/property.ts'
import { inWords } from './anybody.ts'
import {
  asCarol,
  computedBy,
  forgedTicket,
  madeOf,
  placeIn,
  stolenSecret,
  triedAll,
  twice,
} from './attacks.ts'
import { everyTicket, rightly } from './everyone.ts'
import { anySecret, type Opened, secretBytes } from './examine.ts'
import { alice, bob, carol } from './people.ts'
import type { Asked, StudentKdc } from './student.ts'

const RANDOM_BYTES = 32
/** Enough for what comes round now and then. */
const MANY = 40
/** Far fewer than of random bytes. */
const LIKELY_VALUES = 246
/** Of the random bytes that were there to take: a program that takes more for one answer is none that is known. */
const LOOKED_AT = 256
/** Whose secrets are looked at one by one. */
const SOME = 8

type Open = (asked: Asked) => Opened

/** @throws Missing when the salt is not 32 bytes of what kdc.randomBytes gave for this answer. */
export async function notTheKdcsSalt(kdc: StudentKdc, open: Open): Promise<void> {
  const seen: { asked: Asked; salt: Uint8Array }[] = []
  for (let i = 0; i < MANY; i++) {
    const asked = await kdc.ask()
    const ticket = open(asked)
    const { salt } = ticket.parts
    const isDrawn = placeIn(asked.pool, salt) >= 0
    if (!isDrawn) seen.push({ asked, ...open(await kdc.ask()).parts })
    const known = seen.find((other) => equal(other.salt, salt))
    if (known) {
      const loot = await twice(known.asked, asked)
      must(false, 'two tickets of alice for bob have the same salt, so the same key.', () => loot)
    }
    if (!isDrawn) await notDrawn(kdc, open, seen[0]?.salt ?? salt, salt)
    seen.push({ asked, salt })
  }
}

/** What the salt is instead. */
async function notDrawn(kdc: StudentKdc, open: Open, before: Uint8Array, salt: Uint8Array): Promise<never> {
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
  const differs = [...salt.keys()].filter((i) => salt[i] !== before[i] || salt[i] !== first.parts.salt[i])
  must(
    differs.length === salt.length || differs.length === 0,
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
    must(
      !isToken,
      `the secret is ${username}'s token.`,
      () => `${username === 'bob' ? 'alice' : 'bob'} knows now: ${token.toText()}`,
    )
  }
  await notTheSameTwice(kdc, first, carols)
  await notComputed(kdc, open, carols)
  await notElsewhere(kdc)
  const known: Uint8Array[] = []
  for (let i = 0; i < MANY; i++) {
    const asked = await kdc.ask()
    const secret = secretBytes(asked.reply)
    known.push(secret)
    const at = placeIn(asked.pool, secret)
    if (at < 0) continue
    apart(at, placeIn(asked.pool, open(asked).parts.salt))
  }
  await notMostlyFixed(kdc, known)
  await notOfFewBytes(kdc, open)
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
async function notOfFewBytes(kdc: StudentKdc, open: Open): Promise<void> {
  const asked = await kdc.ask()
  // Taken as they came.
  if (placeIn(asked.pool, secretBytes(asked.reply)) >= 0) return
  const { length } = await placesIn(kdc, asked, open(asked).parts.salt, open)
  enough(length)
}

function enough(count: number): void {
  must(
    count >= RANDOM_BYTES,
    `only ${count} random bytes have a part in the secret, besides those that stand in the ticket as the salt; it takes 32.`,
  )
}

/** Which of the random bytes have a part in the secret, and none in the salt. */
async function placesIn(kdc: StudentKdc, asked: Asked, salt: Uint8Array, open: Open): Promise<number[]> {
  const places = Array.from({ length: LOOKED_AT }, (_, i) => i)
  const { sender, receiver, clock } = asked
  const others = places.map((place) => ({ sender, receiver, clock, pool: flipped(asked.pool, place) }))
  const answers = await kdc.askAll(others)
  return places.filter((place) => {
    const changed = answers[place]
    return changed && changed.reply.secret !== asked.reply.secret && equal(open(changed).parts.salt, salt)
  })
}

function flipped(pool: Uint8Array, place: number): Uint8Array {
  return pool.map((byte, i) => (i === place ? byte ^ 0x41 : byte))
}

/** @throws Missing when someone's secret is not fresh. */
export async function everySecretFresh(kdc: StudentKdc): Promise<void> {
  const secrets = new Map<string, Asked>()
  const isDrawn = ({ reply, pool }: Asked) => placeIn(pool, anySecret(reply)) >= 0
  await everyTicket(kdc, ({ parts }, asked) => {
    const { reply, pool } = asked
    const other = secrets.get(reply.secret)
    must(
      !other,
      'the secret is one that was given before.',
      () =>
        other &&
        `${other.sender.username} knows the secret of ${asked.sender.username}'s conversation: ${reply.secret}`,
    )
    secrets.set(reply.secret, asked)
    if (isDrawn(asked)) apart(placeIn(pool, secretBytes(reply)), placeIn(pool, parts.salt))
  })
  const { asked } = await kdc.everybody()
  const right = asked.filter(rightly)
  const others = right.filter((one) => !isDrawn(one))
  if (others.length < right.length) {
    for (const one of others.slice(0, SOME)) await freshAllTheSame(kdc, one)
  } else await allOfFreshBytes(kdc, right)
}

/** Of a program that makes something of the random bytes: for everyone of as many. */
async function allOfFreshBytes(kdc: StudentKdc, right: readonly Asked[]): Promise<void> {
  const [first] = right
  const salt = first && rightly(first)?.parts.salt
  if (!salt) return
  const places = await placesIn(kdc, first, salt, opened)
  const changed = right.map(({ sender, receiver, clock, pool }, i) => {
    return { sender, receiver, clock, pool: flipped(pool, places[i % places.length] ?? 0) }
  })
  for (const [i, { reply }] of (await kdc.askAll(changed)).entries()) {
    if (reply.secret !== right[i]?.reply.secret) continue
    const one = right[i]
    must(
      false,
      `${one && inWords(one)}a random byte that has a part in the secrets of others has none in this one.`,
    )
  }
}

/** Of someone whose secret is made in another way than others'. */
async function freshAllTheSame(kdc: StudentKdc, one: Asked): Promise<void> {
  const salt = rightly(one)?.parts.salt
  if (!salt) return
  const whose = inWords(one)
  const { sender, receiver, clock, pool } = one
  const again = await kdc.ask({ sender, receiver, clock, pool })
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
  const { length } = await placesIn(kdc, one, salt, opened)
  if (length < RANDOM_BYTES)
    must(false, `${whose}only ${length} of 32 random bytes have a part in the secret.`)
}

/** The ticket that the property before has opened. */
function opened(asked: Asked): Opened {
  const ticket = rightly(asked)
  must(ticket, `${inWords(asked)}the ticket does not open any more.`)
  return ticket
}

/** @throws Missing when there is an answer although kdc.randomBytes threw. */
export async function answersWithoutRandomness(kdc: StudentKdc): Promise<void> {
  for (const { came } of await kdc.withoutRandomness()) {
    if ('error' in came) {
      const isThrown = came.error instanceof StudentError
      must(isThrown, `${inWords(came)}kdc.randomBytes threw, and nobody hears of it: ${came.error.message}`)
      continue
    }
    const { sender, receiver, clock, pool, reply } = came
    const again = await kdc.ask({ sender, receiver, clock, pool })
    const isSame = again.reply.secret === reply.secret
    const [salt, other] = [rightly(came)?.parts.salt, rightly(again)?.parts.salt]
    must(
      false,
      `${inWords(came)}kdc.randomBytes gave ${pool.length} bytes and then threw, and there was an answer all the same. ` +
        'What is in the place of what is missing is not from kdc.randomBytes. Let the error pass: the KDC says that it cannot answer now.',
      () => {
        if (isSame && pool.length < RANDOM_BYTES)
          return `asked twice, your program has given the secret ${reply.secret} twice.`
        return salt && other && equal(salt, other)
          ? 'asked twice, your program has used one salt twice, and so one key.'
          : undefined
      },
    )
  }
}
