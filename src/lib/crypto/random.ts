/**
 * Randomness, as an argument: every function that draws some takes a `RandomBytes`, so that an exchange can be made
 * again byte for byte in a test or a lesson. The default is the platform's cryptographic generator.
 */

/** Gives `length` fresh, unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array

/** The platform's cryptographic random generator (Web Crypto `getRandomValues`). */
export const secureRandomBytes: RandomBytes = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length))
