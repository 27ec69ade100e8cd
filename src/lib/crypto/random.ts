/**
 * Randomness, as an argument: every function that draws some takes a `RandomBytes`, so that an exchange can be made
 * again byte for byte in a test or a lesson. The default is the platform's cryptographic generator.
 */

/** Gives `length` fresh, unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array

/** Drawn at once: a call takes microseconds before its first byte. */
const POOL_BYTES = 1024
/** The longest that is taken from there: a key or a salt. */
const SHORT_BYTES = 64

let pool: Uint8Array = new Uint8Array(0)

/** The platform's cryptographic random generator (Web Crypto `getRandomValues`). */
export const secureRandomBytes: RandomBytes = (length) => {
  // Of what was drawn, other lengths would take what is another's, or nothing.
  if (!Number.isSafeInteger(length) || length < 0) throw new TypeError('length: expected a number of bytes')
  if (length > SHORT_BYTES) return globalThis.crypto.getRandomValues(new Uint8Array(length))
  if (pool.length < length) pool = globalThis.crypto.getRandomValues(new Uint8Array(POOL_BYTES))
  const bytes = pool.slice(0, length)
  // What was given once is not there to be given again, nor to be read.
  pool.fill(0, 0, length)
  pool = pool.subarray(length)
  return bytes
}
