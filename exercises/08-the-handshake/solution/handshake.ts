/**
 * Exercise 08, solved: Noise NNpsk0, both sides.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import {
  concat,
  EMPTY,
  hkdf,
  open,
  type RandomBytes,
  type Secret,
  seal,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { Answered, Begun, Keys } from '../given.ts'

const NAME = 'Noise_NNpsk0_25519_ChaChaPoly_SHA256'
const PROLOGUE = 'symbolon/1 channel'
const MESSAGE_BYTES = 48

/** What both sides carry along, and change with everything that happens: after each step it is the same on both. */
export class Transcript {
  /** The hash of all that was said. */
  h: Uint8Array
  /** All keys so far, in one. */
  ck: Uint8Array
  /** The key to seal with now. */
  k: Uint8Array = EMPTY

  constructor(ticket: Uint8Array) {
    this.h = sha256(utf8(NAME))
    this.ck = this.h
    this.mixHash(concat(utf8(PROLOGUE), ticket))
  }

  mixHash(data: Uint8Array): void {
    this.h = sha256(concat(this.h, data))
  }

  mixKey(ikm: Uint8Array): void {
    const out = hkdf(ikm, this.ck, EMPTY, 64)
    this.ck = out.slice(0, 32)
    this.k = out.slice(32)
  }

  psk(secret: Secret): void {
    const out = hkdf(secret.reveal(), this.ck, EMPTY, 96)
    this.ck = out.slice(0, 32)
    this.mixHash(out.slice(32, 64))
    this.k = out.slice(64)
  }

  /** A public key: said aloud, so it goes into the hash, and with a psk into the key too. */
  e(publicKey: Uint8Array): void {
    this.mixHash(publicKey)
    this.mixKey(publicKey)
  }

  ee(shared: Uint8Array): void {
    this.mixKey(shared)
  }

  /** Seals nothing. What remains is the tag: a proof that both have the same key and heard the same. */
  tag(): Uint8Array {
    // This k seals once, so that the nonce may be zero.
    const tag = seal(this.k, ZERO_NONCE, this.h, EMPTY)
    this.mixHash(tag)
    return tag
  }

  /** @throws Error when the tag is another. */
  check(tag: Uint8Array): void {
    open(this.k, ZERO_NONCE, this.h, tag)
    this.mixHash(tag)
  }

  split(): [initiator: Uint8Array, responder: Uint8Array] {
    const out = hkdf(EMPTY, this.ck, EMPTY, 64)
    return [out.slice(0, 32), out.slice(32)]
  }
}

/** Both sides, with the steps of the transcript: separate, so that each step can be looked at by itself. */
export function sides(newTranscript: (ticket: Uint8Array) => Transcript) {
  function begin(secret: Secret, ticket: Uint8Array, randomBytes: RandomBytes): Begun {
    const own = randomBytes(32)
    const transcript = newTranscript(ticket)
    transcript.psk(secret)
    transcript.e(publicKeyOf(own))
    const message1 = concat(publicKeyOf(own), transcript.tag())
    return {
      message1: () => message1,
      finish(message2): Keys {
        const [theirs, tag] = parts(message2)
        transcript.e(theirs)
        transcript.ee(agree(own, theirs))
        transcript.check(tag)
        const [send, receive] = transcript.split()
        return { send, receive, hash: transcript.h }
      },
    }
  }

  function answer(
    secret: Secret,
    ticket: Uint8Array,
    message1: Uint8Array,
    randomBytes: RandomBytes,
  ): Answered {
    const [theirs, tag] = parts(message1)
    const transcript = newTranscript(ticket)
    transcript.psk(secret)
    transcript.e(theirs)
    transcript.check(tag)
    const own = randomBytes(32)
    transcript.e(publicKeyOf(own))
    transcript.ee(agree(own, theirs))
    const message2 = concat(publicKeyOf(own), transcript.tag())
    const [receive, send] = transcript.split()
    return { message2, keys: { send, receive, hash: transcript.h } }
  }

  return { begin, answer }
}

export const { begin, answer } = sides((ticket) => new Transcript(ticket))

/** A message of exactly 48 bytes: no payload, and nothing behind. */
function parts(message: Uint8Array): [publicKey: Uint8Array, tag: Uint8Array] {
  if (message.length !== MESSAGE_BYTES) throw new Error('this is no message of the handshake')
  return [message.subarray(0, 32), message.subarray(32)]
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
