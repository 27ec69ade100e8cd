/**
 * Given: the mathematics of the handshake, Noise_NNpsk0_25519_ChaChaPoly_SHA256 (docs/protocol.md §5.1, noiseprotocol.org), and a
 * connection in frames.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto'
import { Refused } from './kdc.js'

export const NOISE_MESSAGE_BYTES = 48
const TAG_BYTES = 16
const REKEY_AFTER = 65536
const EMPTY = Buffer.alloc(0)
const AEAD = 'chacha20-poly1305'
/** What stands before the 32 bytes of a public key where Node wants a file of it (RFC 8410). */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

function seal(key, nonce, ad, plaintext) {
  const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(ad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function open(key, nonce, ad, sealed) {
  if (sealed.length < TAG_BYTES) throw new Refused('it is too short to be sealed')
  const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(ad)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new Refused('it was not sealed by the other side', { cause })
  }
}

/** A key and a counter: one direction of a channel. */
export class CipherState {
  #key
  #counter = 0n

  constructor(key) {
    this.#key = key
  }

  /** Seals, and counts. */
  encrypt(plaintext, ad = EMPTY) {
    const sealed = seal(this.#key, this.#nonce(), ad, plaintext)
    this.#count()
    return sealed
  }

  /** Opens, and counts; throws Refused when it was not sealed with this key, or is not the next. */
  decrypt(sealed, ad = EMPTY) {
    const plaintext = open(this.#key, this.#nonce(), ad, sealed)
    this.#count()
    return plaintext
  }

  #nonce() {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(this.#counter, 4)
    return nonce
  }

  #count() {
    this.#counter++
    if (this.#counter % BigInt(REKEY_AFTER) !== 0n) return
    const last = Buffer.concat([Buffer.alloc(4), Buffer.alloc(8, 0xff)])
    this.#key = seal(this.#key, last, EMPTY, Buffer.alloc(32)).subarray(0, 32)
  }
}

/** One side of one handshake. The initiator: `write()`, `read(message2)`. The other: `read(message1)`, `write()`. */
export class Handshake {
  #h = createHash('sha256').update('Noise_NNpsk0_25519_ChaChaPoly_SHA256').digest()
  #ck = this.#h
  #key
  #e = generateKeyPairSync('x25519')
  #remote
  #initiator

  constructor(prologue, psk, { initiator }) {
    this.#initiator = initiator
    this.#mixHash(prologue)
    const [ck, temp, key] = this.#hkdf(psk, 3)
    this.#ck = ck
    this.#mixHash(temp)
    this.#key = key
  }

  /** Our message. */
  write(payload = EMPTY) {
    const publicKey = this.#e.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
    this.#mixPublic(publicKey)
    if (this.#remote) this.#mixEe()
    const sealed = new CipherState(this.#key).encrypt(payload, this.#h)
    this.#mixHash(sealed)
    return Buffer.concat([publicKey, sealed])
  }

  /** Theirs, and what it carries; throws Refused when it was made without the secret. */
  read(message) {
    if (message.length < NOISE_MESSAGE_BYTES) throw new Refused('a Noise message that is too short')
    this.#remote = message.subarray(0, 32)
    const sealed = message.subarray(32)
    this.#mixPublic(this.#remote)
    if (this.#initiator) this.#mixEe()
    const payload = new CipherState(this.#key).decrypt(sealed, this.#h)
    this.#mixHash(sealed)
    return payload
  }

  /** After both messages: what seals what we send, and what opens what we receive. */
  split() {
    const [first, second] = this.#hkdf(EMPTY, 2).map((key) => new CipherState(key))
    return this.#initiator ? { sending: first, receiving: second } : { sending: second, receiving: first }
  }

  #mixHash(data) {
    this.#h = createHash('sha256').update(this.#h).update(data).digest()
  }

  #mixPublic(publicKey) {
    this.#mixHash(publicKey)
    this.#mixKey(publicKey)
  }

  #mixEe() {
    const key = Buffer.concat([SPKI, this.#remote])
    const publicKey = createPublicKey({ key, type: 'spki', format: 'der' })
    let shared
    try {
      shared = diffieHellman({ privateKey: this.#e.privateKey, publicKey })
    } catch (cause) {
      throw new Refused('a public key of small order', { cause })
    }
    this.#mixKey(shared)
  }

  #mixKey(ikm) {
    const [ck, key] = this.#hkdf(ikm, 2)
    this.#ck = ck
    this.#key = key
  }

  /** HKDF of Noise §4.3. */
  #hkdf(ikm, outputs) {
    const temp = createHmac('sha256', this.#ck).update(ikm).digest()
    const keys = []
    for (let i = 1; i <= outputs; i++) {
      const hmac = createHmac('sha256', temp).update(keys.at(-1) ?? EMPTY)
      keys.push(hmac.update(Buffer.of(i)).digest())
    }
    return keys
  }
}
