/**
 * Given: the shapes that `keys.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { Secret } from 'symbolon/protocol'

/** What you write: `HKDF-Extract` of RFC 5869 §2.2, with SHA-256. Gives 32 bytes, the "prk". */
export type Extract = (salt: Uint8Array, ikm: Uint8Array) => Uint8Array

/**
 * What you write: `HKDF-Expand` of RFC 5869 §2.3, with SHA-256.
 *
 * @param length - how many bytes are wanted: at most 255 × 32.
 * @throws RangeError when it cannot give so many.
 */
export type Expand = (prk: Uint8Array, info: Uint8Array, length: number) => Uint8Array

/** What you write: one after the other. */
export type Hkdf = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) => Uint8Array

/** Two keys from a session token. docs/protocol.md §1 and §4.1 */
export interface Keys {
  /** The public name of the session, 16 bytes: it stands in every ticket, for all to read. */
  readonly sessionId: Uint8Array
  /** The key of one ticket, 32 bytes. */
  readonly ticketKey: Uint8Array
}

/**
 * What you write.
 *
 * @param token - its bytes: `token.reveal()`.
 * @param salt - the ticket's: 32 bytes, another one for every ticket, for all to read.
 */
export type KeysOf = (token: Secret, salt: Uint8Array) => Keys
