/**
 * Exercise 01: a box that only one key opens. README.md beside this file tells the steps.
 *
 * @module
 */
// import { createCipheriv, createDecipheriv } from 'node:crypto'
// import { concat, fromUtf8, utf8 } from 'symbolon/protocol'
import type { RandomBytes, Secret } from 'symbolon/protocol'

/**
 * Seals a text.
 *
 * @param text - what only the one with the key is to read.
 * @param label - what stands on the outside: not secret, but nobody can exchange it.
 * @param key - its 32 bytes: `key.reveal()`.
 * @param randomBytes - `randomBytes(12)` gives 12 fresh bytes.
 * @returns nonce || ciphertext || tag
 */
export function makeBox(text: string, label: string, key: Secret, randomBytes: RandomBytes): Uint8Array {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 01: write makeBox in box.ts', { cause: { text, label, key, randomBytes } })
}

/**
 * Opens a box.
 *
 * @param box - bytes that came from the courier: perhaps a box, perhaps anything.
 * @param label - what stands on it now.
 * @throws Error, the same for everything that can be wrong.
 */
export function openBox(box: Uint8Array, label: string, key: Secret): string {
  // Replace this line too.
  throw new Error('exercise 01: write openBox in box.ts', { cause: { box, label, key } })
}
