/**
 * Whether what should be secret can be guessed because little randomness went into it.
 *
 * @module
 */
import { must } from './property.ts'
import { Randomness } from './values.ts'

/** Of a pool: no program draws more before what is looked at. */
const LOOKED_AT_BYTES = 256

/**
 * Of a byte of 256 values all of these are others; two are the same of one that is cut to bits, letters or digits, however that is
 * done.
 */
const VALUES = [0, 1, 2, 4, 8, 10, 16, 26, 32, 36, 52, 62, 64, 72, 94, 95, 96, 100, 128, 200, 255]

/**
 * Counts the random bytes that a result is made of: each of them is changed, one at a time, and the result must change with it.
 *
 * @param make - gives the results for some pools, the same for the same pool.
 * @param wanted - counts no further.
 * @throws Missing when the same randomness does not make the same result, or there are enough bytes, and bits of them are thrown away.
 */
export async function randomBytesIn(
  make: (randoms: readonly Randomness[]) => Promise<readonly string[]>,
  pool: Uint8Array,
  wanted: number,
  what: string,
): Promise<number> {
  const [result, again] = await make([new Randomness(pool), new Randomness(pool)])
  must(
    result === again,
    `the random bytes were the same as before, and ${what} was another: it, or a part of it, came from somewhere else.`,
  )
  const withByte = (at: number, value: number) =>
    new Randomness(pool.map((byte, i) => (i === at ? value : byte)))
  const places: number[] = []
  for (let at = 0; at < LOOKED_AT_BYTES && places.length < wanted; ) {
    const most = Math.min(wanted - places.length, LOOKED_AT_BYTES - at)
    const results = await make(
      Array.from({ length: most }, (_, i) => withByte(at + i, (pool[at + i] ?? 0) ^ 0xff)),
    )
    for (const one of results) {
      if (one !== result) places.push(at)
      at++
    }
  }
  if (places.length < wanted) return places.length
  // One in the middle: of the first and of the last byte of a key of X25519 some bits do not count.
  const place = places[wanted >> 1] ?? 0
  const results = new Set(await make(VALUES.map((value) => withByte(place, value))))
  must(
    results.size === VALUES.length,
    `${VALUES.length} values of a random byte made only ${results.size} of ${what}: bits of it are thrown away, as in letters or digits.`,
  )
  return wanted
}

/** Makes one result after the other, where they cannot be asked for at once. */
export const oneByOne =
  (make: (random: Randomness) => Promise<string>) => async (randoms: readonly Randomness[]) => {
    const results: string[] = []
    for (const random of randoms) results.push(await make(random))
    return results
  }
