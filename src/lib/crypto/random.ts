/**
 * Randomness, as an argument: every function that draws some takes a `RandomBytes`, so that an exchange can be made
 * again byte for byte in a test or a lesson. The default is the platform's cryptographic generator.
 *
 * @module
 */

/** Gives `length` fresh, unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array

/** Asking the generator costs 2 us, however little is asked for: it is asked for so much at once. */
const POOL_BYTES = 4096
/** More than this at once is asked for apart. */
const MAX_SMALL = 256
/** What was drawn ahead longer ago is thrown away: a copy of this machine, woken later, must not know it. */
const MAX_AGE_MS = 100

/** Fills a list of bytes from a generator. */
export type Generator = (bytes: Uint8Array<ArrayBuffer>) => void

const platform: Generator = (bytes) => void globalThis.crypto.getRandomValues(bytes)

/**
 * Small draws from a block that is filled at once. Whoever draws gets a copy, and what was given away is overwritten: no byte is
 * given twice, nor found in memory afterwards. The block is private to its thread: workers load this module anew, and
 * a process is never forked in the middle.
 *
 * @param generator - the platform's, but for tests.
 * @param now - a clock in milliseconds.
 */
export function pooled(generator: Generator, now: () => number = Date.now): RandomBytes {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  let filledAt = 0
  return (length) => {
    if (length > MAX_SMALL) {
      const bytes = new Uint8Array(length)
      generator(bytes)
      return bytes
    }
    // An age below zero is a clock that was set back, or another machine's.
    const time = now()
    const age = time - filledAt
    if (used + length > POOL_BYTES || age > MAX_AGE_MS || age < 0) {
      // Nothing is left to give, should the generator fail.
      used = POOL_BYTES
      generator(pool)
      used = 0
      filledAt = time
    }
    const bytes = pool.slice(used, used + length)
    pool.fill(0, used, used + length)
    used += length
    return bytes
  }
}

/** The platform's cryptographic random generator (Web Crypto `getRandomValues`). */
export const secureRandomBytes: RandomBytes = pooled(platform)
