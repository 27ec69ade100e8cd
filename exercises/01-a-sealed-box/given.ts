/**
 * Given: the shapes that `box.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { RandomBytes, Secret } from 'symbolon/protocol'

/**
 * What you write: it seals a text.
 *
 * @param text - what only the one with the key is to read.
 * @param label - what stands on the outside: not secret, but nobody can exchange it.
 * @param key - its 32 bytes: `key.reveal()`.
 * @param randomBytes - `randomBytes(12)` gives 12 fresh bytes.
 * @returns nonce || ciphertext || tag
 */
export type MakeBox = (text: string, label: string, key: Secret, randomBytes: RandomBytes) => Uint8Array

/**
 * What you write: it opens a box.
 *
 * @param box - bytes that came from the courier: perhaps a box, perhaps anything.
 * @param label - what stands on it now.
 * @throws Error, the same for everything that can be wrong.
 */
export type OpenBox = (box: Uint8Array, label: string, key: Secret) => string
