/**
 * Whether what should be secret can be guessed: from other bytes, or because little randomness went into it.
 *
 * @module
 */
import { contains, must } from './property.ts'
import { Randomness } from './values.ts'

/** Whether a piece of the secret of at least so many bytes stands in the bytes. */
export function hasPiece(bytes: Uint8Array, secret: Uint8Array, length = 8): boolean {
  for (let at = 0; at + length <= secret.length; at++) {
    if (contains(bytes, secret.subarray(at, at + length))) return true
  }
  return false
}

/** Of a pool: no program draws more before what is looked at. */
const LOOKED_AT_BYTES = 256

/**
 * Counts the random bytes that a result is made of: each of them is changed, one at a time, and the result must change with it.
 *
 * @param make - gives the result for a pool, the same for the same pool.
 * @param wanted - counts no further.
 * @throws Missing when the same randomness does not make the same result.
 */
export async function randomBytesIn(
  make: (random: Randomness) => Promise<string>,
  pool: Uint8Array,
  wanted: number,
  what: string,
): Promise<number> {
  const result = await make(new Randomness(pool))
  must(
    result === (await make(new Randomness(pool))),
    `randomBytes gave the same bytes as before, and ${what} was another: it, or a part of it, came from somewhere else.`,
  )
  let count = 0
  for (let i = 0; i < LOOKED_AT_BYTES && count < wanted; i++) {
    const changed = Uint8Array.from(pool)
    changed[i] = (pool[i] ?? 0) ^ 0xff
    if ((await make(new Randomness(changed))) !== result) count++
  }
  return count
}
