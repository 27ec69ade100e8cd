/**
 * Exercise 02, solved: many keys from one, HKDF by RFC 5869.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { concat, EMPTY, type Secret, utf8 } from 'symbolon/protocol'
import type { Keys } from '../given.ts'

const HASH_BYTES = 32
/** The counter is one byte. */
const MAX_BLOCKS = 255

const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
  createHmac('sha256', key)
    .update(concat(...parts))
    .digest()

/** `HKDF-Extract`: RFC 5869 §2.2. The salt is the key of the HMAC; no salt and 32 zero bytes are the same there. */
export function extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(salt, ikm)
}

/** `HKDF-Expand`: RFC 5869 §2.3. */
export function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > MAX_BLOCKS * HASH_BYTES)
    throw new RangeError(`length: expected 0 to ${MAX_BLOCKS * HASH_BYTES}, got ${length}`)
  const blocks: Uint8Array[] = []
  let block = EMPTY
  for (let counter = 1; (counter - 1) * HASH_BYTES < length; counter++) {
    // Each block has the one before in it, so that none comes twice.
    block = hmac(prk, block, info, Uint8Array.of(counter))
    blocks.push(block)
  }
  return concat(...blocks).subarray(0, length)
}

/** HKDF: extract, then expand. */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return expand(extract(salt, ikm), info, length)
}

/** Two keys from a session token: docs/protocol.md §1 and §4.1. */
export function keysOf(token: Secret, salt: Uint8Array): Keys {
  return {
    // Without the salt: bob looks for the session before he knows anything else, and it has one name.
    sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
    // The info says what a key is for. With another, nobody gets from one key to the other.
    ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
  }
}
