/**
 * Exercise 02: many keys from one, HKDF by RFC 5869. README.md beside this file tells the steps.
 *
 * @module
 */
// import { createHmac } from 'node:crypto'
// import { concat, EMPTY, utf8 } from 'symbolon/protocol'
import type { Secret } from 'symbolon/protocol'
import type { Keys } from './given.ts'

/** `HKDF-Extract`: RFC 5869 §2.2, with SHA-256. Gives 32 bytes, the "prk". */
export function extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 02: write extract in keys.ts', { cause: { salt, ikm } })
}

/**
 * `HKDF-Expand`: RFC 5869 §2.3, with SHA-256.
 *
 * @param length - how many bytes are wanted: at most 255 × 32.
 * @throws RangeError when it cannot give so many.
 */
export function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  // Replace this line too.
  throw new Error('exercise 02: write expand in keys.ts', { cause: { prk, info, length } })
}

/** HKDF: extract, then expand. */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  throw new Error('exercise 02: write hkdf in keys.ts', { cause: { ikm, salt, info, length } })
}

/**
 * Two keys from a session token. docs/protocol.md §1 and §4.1
 *
 * @param token - its bytes: `token.reveal()`.
 * @param salt - the ticket's: 32 bytes, another one for every ticket, for all to read.
 */
export function keysOf(token: Secret, salt: Uint8Array): Keys {
  throw new Error('exercise 02: write keysOf in keys.ts', { cause: { token, salt } })
}
