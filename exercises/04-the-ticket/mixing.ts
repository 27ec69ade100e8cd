/**
 * What a program makes of random bytes that it does not take as they come.
 *
 * @module
 */
import { equal } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { bytesOf } from './everyone.ts'
import { anySecret } from './examine.ts'
import { type Asked, asQuestion, questionWith, type StudentKdc } from './student.ts'

const RANDOM_BYTES = 32
const VALUES = 256
/** Of the random bytes that were there to take: a program that takes more for one answer is none that is known. */
const LOOKED_AT = 256
/** Of the bytes that a hash, or a block of a cipher, makes of others. */
const MANY_OTHERS = 12
/** Of secrets: in so many each letter stands in each place, all but surely. */
const ENOUGH = 1_600
const LETTERS = 64

/** A random byte that has a part in the secret, and none in the salt. */
interface Part {
  readonly place: number
  /** Which bytes of the secret are others when it is another. */
  readonly makes: readonly number[]
}

export function flipped(pool: Uint8Array, place: number): Uint8Array {
  return pool.map((byte, i) => (i === place ? byte ^ 0x41 : byte))
}

const saltOf = ({ reply }: Asked) => bytesOf(reply).subarray(17, 49)

export async function partsOf(kdc: StudentKdc, asked: Asked): Promise<Part[]> {
  const places = Array.from({ length: LOOKED_AT }, (_, i) => i)
  const others = places.map((place) => ({ ...asQuestion(asked), pool: flipped(asked.pool, place) }))
  const secret = anySecret(asked.reply)
  const parts: Part[] = []
  for (const [place, changed] of (await kdc.askAll(others)).entries()) {
    const now = anySecret(changed.reply)
    const makes = [...secret.keys()].filter((i) => now[i] !== secret[i])
    if (makes.length > 0 && equal(saltOf(changed), saltOf(asked))) parts.push({ place, makes })
  }
  return parts
}

/** @throws Missing when it is neither a hash nor the like, nor something that is done to each byte. */
export function mixed(parts: readonly Part[]): void {
  const made = new Set(parts.flatMap(({ makes }) => makes))
  const isHash = parts.every(({ makes }) => makes.length >= MANY_OTHERS)
  const isEach = parts.every(({ makes }) => makes.length === 1)
  const some = parts.find(({ makes }) => makes.length < MANY_OTHERS)
  must(
    (isHash || isEach) && made.size === RANDOM_BYTES,
    `when one random byte is another, ${some?.makes.length ?? made.size} bytes of the secret are: it is made of them in a way in which many ` +
      'random bytes can make the same secret, such as sorting them, or adding them up. Take them as they come.',
  )
}

/** @throws Missing when some values of a random byte make the same secret. */
export async function everyValue(kdc: StudentKdc, asked: Asked, parts: readonly Part[]): Promise<void> {
  const { pool } = asked
  for (const { place } of [parts[0], parts[parts.length >> 1], parts.at(-1)].filter((part) => !!part)) {
    const others = Array.from({ length: VALUES }, (_, value) => {
      return { ...asQuestion(asked), pool: pool.map((byte, i) => (i === place ? value : byte)) }
    })
    const secrets = new Set((await kdc.askAll(others)).map(({ reply }) => reply.secret))
    must(
      secrets.size === VALUES,
      `the 256 values of a random byte made only ${secrets.size} secrets: bits of it are thrown away, as in letters or digits.`,
    )
  }
}

/** @throws Missing when a letter never stands in some place. */
export async function everyLetter(kdc: StudentKdc): Promise<void> {
  const asked = await kdc.askAll(Array.from({ length: ENOUGH }, () => questionWith()))
  const secrets = asked.map(({ reply }) => reply.secret)
  for (let place = 0; place < Math.floor((8 * RANDOM_BYTES) / 6); place++) {
    const letters = new Set(secrets.map((secret) => secret[place]))
    must(
      letters.size === LETTERS,
      `in ${ENOUGH} secrets only ${letters.size} different letters stood in place ${place + 1}, of 64: not every secret can come.`,
    )
  }
}
