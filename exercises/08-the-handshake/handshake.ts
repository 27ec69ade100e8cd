/**
 * Exercise 08: two messages, after which alice and bob have keys that nobody else has, ever. README.md beside this file tells the steps.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
// import { concat, EMPTY, hkdf, open, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { RandomBytes, Secret } from 'symbolon/protocol'
import type { Answered, Begun } from './given.ts'

/**
 * Alice's side: the initiator.
 *
 * @param secret - what she shares with bob: `secret.reveal()` is the psk.
 * @param ticket - what she hands bob before the handshake: it belongs to the prologue.
 * @param randomBytes - `randomBytes(32)` gives a fresh secret key.
 */
export function begin(secret: Secret, ticket: Uint8Array, randomBytes: RandomBytes): Begun {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 08: write begin in handshake.ts', { cause: { secret, ticket, randomBytes } })
}

/**
 * Bob's side: the responder.
 *
 * @param message1 - what came from alice, or from anybody.
 * @throws Error when it does not come from one who knows the secret.
 */
export function answer(
  secret: Secret,
  ticket: Uint8Array,
  message1: Uint8Array,
  randomBytes: RandomBytes,
): Answered {
  // Replace this line too.
  throw new Error('exercise 08: write answer in handshake.ts', {
    cause: { secret, ticket, message1, randomBytes },
  })
}

// Given: X25519 and SHA-256 as Node has them, with keys of 32 bytes.

/** How Node wants a bare key: as a file of a certain format, of which this is the beginning. */
const SECRET_KEY = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_KEY = Buffer.from('302a300506032b656e032100', 'hex')

const privateKey = (secretKey: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([SECRET_KEY, secretKey]), format: 'der', type: 'pkcs8' })

/** @returns the public key that belongs to 32 random bytes. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const file = createPublicKey(privateKey(secretKey)).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(file.subarray(PUBLIC_KEY.length))
}

/**
 * Diffie-Hellman: my secret key and your public key give the same as your secret key and my public key.
 *
 * @throws Error when the result would be 32 zero bytes, as it is for a few public keys that nobody makes by honest means.
 */
export function agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const file = Buffer.concat([PUBLIC_KEY, publicKey])
  const theirs = createPublicKey({ key: file, format: 'der', type: 'spki' })
  return Uint8Array.from(diffieHellman({ privateKey: privateKey(secretKey), publicKey: theirs }))
}

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(bytes).digest())
