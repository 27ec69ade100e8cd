/**
 * The Noise Protocol Framework, revision 34: CipherState, SymmetricState and HandshakeState for
 * 25519, ChaChaPoly and SHA256. https://noiseprotocol.org/noise.html
 *
 * The channel uses one pattern, NNpsk0; the machinery is general, so that it can be checked against other
 * implementations on more than that one, and read beside the specification. Section numbers are the specification's.
 *
 * @module
 */
import { primitives } from '#primitives'
import { concat, EMPTY, utf8 } from './bytes.ts'
import { open, seal, sealParts, TAG_BYTES } from './crypto/aead.ts'
import { hkdf } from './crypto/hkdf.ts'
import type { KeyPair } from './crypto/primitives/types.ts'
import { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
import { KEY_BYTES } from './crypto/secret.ts'
import { DH_BYTES, generateKeyPair, sharedSecret } from './crypto/x25519.ts'
import { ProtocolError } from './errors.ts'

/** Longest Noise message, tag included (§3). */
export const MAX_NOISE_MESSAGE_BYTES = 65535
/** SHA-256's output, HASHLEN (§4.3). */
const HASH_BYTES = 32

/** 2^64 - 1, encoded as `CipherState` encodes its counter. */
const REKEY_NONCE = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)

/** A key and its nonce counter, for one direction (§5.1). */
export class CipherState {
  #key: Uint8Array | undefined
  #n = 0
  readonly #nonceBytes = new Uint8Array(12)

  /** @param key - 32 bytes, or nothing: then `encryptWithAd` and `decryptWithAd` pass the data through, as §5.1 says. */
  constructor(key?: Uint8Array) {
    this.#key = key
  }

  /** HasKey() */
  get hasKey(): boolean {
    return this.#key !== undefined
  }

  /** How many messages have passed under this state: the next nonce. */
  get n(): number {
    return this.#n
  }

  /** EncryptWithAd(ad, plaintext) */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (!this.#key) return plaintext
    const sealed = seal(this.#key, this.#nonce(), ad, plaintext)
    this.#n++
    return sealed
  }

  /**
   * EncryptWithAd with empty associated data, of a plaintext in parts, which are not put together first.
   *
   * @returns the ciphertext and its tag, in parts of any number.
   */
  encryptParts(parts: readonly Uint8Array[]): Uint8Array[] {
    if (!this.#key) return [...parts]
    const sealed = sealParts(this.#key, this.#nonce(), parts)
    this.#n++
    return sealed
  }

  /**
   * DecryptWithAd(ad, ciphertext). After a failure the counter has not moved (§5.1).
   *
   * @throws ProtocolError `decryption_failed`.
   */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    if (!this.#key) return ciphertext
    const plaintext = open(this.#key, this.#nonce(), ad, ciphertext)
    this.#n++
    return plaintext
  }

  /** Rekey(): the key becomes the first 32 bytes of ENCRYPT(k, 2^64-1, zerolen, zeros) (§4.2); the counter runs on (§11.3). */
  rekey(): void {
    if (!this.#key) throw new TypeError('CipherState: there is no key to replace')
    const old = this.#key
    this.#key = seal(old, REKEY_NONCE, EMPTY, new Uint8Array(KEY_BYTES)).slice(0, KEY_BYTES)
    old.fill(0)
  }

  /** Overwrites the key; nothing can be sealed or opened afterwards. */
  destroy(): void {
    this.#key?.fill(0)
    this.#n = Number.POSITIVE_INFINITY
  }

  // §5.1 ends at 2^64 - 1; a JavaScript number counts exactly to 2^53 - 1, which is far enough to fail closed at.
  #nonce(): Uint8Array {
    if (this.#n >= Number.MAX_SAFE_INTEGER) throw new RangeError('CipherState: destroyed, or out of nonces')
    // 4 zero bytes || n as 64-bit little-endian (§12.3). One array for all of them: the cipher copies it.
    const nonce = this.#nonceBytes
    let low = this.#n >>> 0
    let high = Math.floor(this.#n / 2 ** 32)
    for (let i = 4; i < 8; i++, low >>>= 8) nonce[i] = low
    for (let i = 8; i < 12; i++, high >>>= 8) nonce[i] = high
    return nonce
  }
}

/** The chaining key and transcript hash of a handshake (§5.2). */
export class SymmetricState {
  #cipher = new CipherState()
  #ck: Uint8Array
  #h: Uint8Array

  /** InitializeSymmetric(protocol_name) */
  constructor(protocolName: string) {
    const name = utf8(protocolName)
    this.#h = new Uint8Array(HASH_BYTES)
    if (name.length <= HASH_BYTES) this.#h.set(name)
    else this.#h = primitives.sha256(name)
    this.#ck = this.#h.slice()
  }

  /** MixKey(input_key_material) */
  mixKey(ikm: Uint8Array): void {
    const [ck, key] = this.#hkdf(ikm, 2)
    this.#ck = ck
    this.#cipher = new CipherState(key)
  }

  /** MixHash(data) */
  mixHash(data: Uint8Array): void {
    this.#h = primitives.sha256(this.#h, data)
  }

  /** MixKeyAndHash(input_key_material), for pre-shared keys (§9.2) */
  mixKeyAndHash(ikm: Uint8Array): void {
    const [ck, hash, key] = this.#hkdf(ikm, 3)
    this.#ck = ck
    this.mixHash(hash as Uint8Array)
    this.#cipher = new CipherState(key)
  }

  /** GetHandshakeHash(): the same on both sides, and never the same twice (§11.2). */
  get handshakeHash(): Uint8Array {
    return this.#h
  }

  /** Whether what is sent now is encrypted. */
  get hasKey(): boolean {
    return this.#cipher.hasKey
  }

  /** EncryptAndHash(plaintext) */
  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.#h, plaintext)
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** DecryptAndHash(ciphertext) */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher.decryptWithAd(this.#h, ciphertext)
    this.mixHash(ciphertext)
    return plaintext
  }

  /** Split(): the initiator's sending state, then the responder's. */
  split(): [CipherState, CipherState] {
    const [initiator, responder] = this.#hkdf(EMPTY, 2)
    this.#ck.fill(0)
    return [new CipherState(initiator), new CipherState(responder)]
  }

  // HKDF(chaining_key, ikm, n) of §4.3 is RFC 5869 with the chaining key as salt and an empty info.
  #hkdf(ikm: Uint8Array, outputs: 2 | 3): [Uint8Array, Uint8Array, Uint8Array?] {
    const okm = hkdf(ikm, this.#ck, EMPTY, outputs * HASH_BYTES)
    const part = (i: number) => okm.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES)
    return outputs === 2 ? [part(0), part(1)] : [part(0), part(1), part(2)]
  }
}

/** What a message of a pattern does, in order (§7.1, §9.3). */
export type PatternToken = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk'

/** A handshake pattern; messages alternate, the initiator's first. Pre-messages are public keys known beforehand (§7.1). */
export interface HandshakePattern {
  /** As the protocol name has it: `NNpsk0`. */
  readonly name: string
  /** Static keys that the responder knows beforehand. */
  readonly initiatorPreMessage?: readonly 's'[]
  /** Static keys that the initiator knows beforehand. */
  readonly responderPreMessage?: readonly 's'[]
  /** The tokens of each message, the initiator's first (§7). */
  readonly messages: readonly (readonly PatternToken[])[]
}

/** No static keys; a pre-shared key, mixed in before anything else (§9.4). This is the channel's pattern. */
export const NNpsk0: HandshakePattern = {
  name: 'NNpsk0',
  messages: [
    ['psk', 'e'],
    ['e', 'ee'],
  ],
}

/** What both sides bring to a handshake. */
export interface HandshakeOptions {
  /** Which handshake. */
  readonly pattern: HandshakePattern
  /** Whether this side writes the first message. */
  readonly initiator: boolean
  /** Must be the same on both sides, and is authenticated (§6). */
  readonly prologue: Uint8Array
  /** 32 bytes; required by the patterns that have a `psk` token (§9). */
  readonly psk?: Uint8Array
  /** Our static key pair, for patterns that have one. */
  readonly staticKey?: KeyPair
  /** The peer's static public key, for patterns that know it beforehand. */
  readonly remoteStaticKey?: Uint8Array
  /** Where ephemeral keys come from. Default: the system's. */
  readonly randomBytes?: RandomBytes | undefined
}

/** What a finished handshake leaves. */
export interface Transport {
  /** Encrypts what we send. */
  readonly send: CipherState
  /** Decrypts what we receive. */
  readonly receive: CipherState
  /** Names this channel uniquely; equal on both sides (§11.2). */
  readonly handshakeHash: Uint8Array
}

/** One side of one handshake (§5.3): `writeMessage` and `readMessage` in turn, until `transport` is there. */
export class HandshakeState {
  readonly #symmetric: SymmetricState
  readonly #options: HandshakeOptions
  readonly #pending: (readonly PatternToken[])[]
  readonly #randomBytes: RandomBytes
  #e: KeyPair | undefined
  #re: Uint8Array | undefined
  #rs: Uint8Array | undefined
  #ourTurn: boolean
  #transport: Transport | undefined

  /** Initialize(handshake_pattern, initiator, prologue, s, e, rs, re) */
  constructor(options: HandshakeOptions) {
    const { pattern, initiator, prologue, psk, staticKey, remoteStaticKey } = options
    if (psk && psk.length !== KEY_BYTES) throw new RangeError(`psk: expected 32 bytes, got ${psk.length}`)
    if (pattern.messages.some((tokens) => tokens.includes('psk')) && !psk) {
      throw new TypeError(`${pattern.name} needs a pre-shared key`)
    }
    this.#options = options
    this.#pending = [...pattern.messages]
    this.#randomBytes = options.randomBytes ?? secureRandomBytes
    this.#ourTurn = initiator
    this.#rs = remoteStaticKey
    this.#symmetric = new SymmetricState(`Noise_${pattern.name}_25519_ChaChaPoly_SHA256`)
    this.#symmetric.mixHash(prologue)
    const [initiatorStatic, responderStatic] = initiator
      ? [staticKey?.publicKey, remoteStaticKey]
      : [remoteStaticKey, staticKey?.publicKey]
    for (const _ of pattern.initiatorPreMessage ?? []) this.#symmetric.mixHash(needed('s', initiatorStatic))
    for (const _ of pattern.responderPreMessage ?? []) this.#symmetric.mixHash(needed('s', responderStatic))
  }

  /** There once the last message has been written or read. */
  get transport(): Transport | undefined {
    return this.#transport
  }

  /** The peer's static public key, once known. */
  get remoteStaticKey(): Uint8Array | undefined {
    return this.#rs
  }

  /**
   * WriteMessage(payload)
   *
   * @returns the next message, to be sent as it is.
   * @throws RangeError when the message would be longer than 65535 bytes.
   */
  writeMessage(payload: Uint8Array = EMPTY): Uint8Array {
    const parts = this.#nextTokens(true).map((token) => this.#writeToken(token))
    parts.push(this.#symmetric.encryptAndHash(payload))
    this.#splitAtTheEnd()
    const message = concat(...parts)
    if (message.length > MAX_NOISE_MESSAGE_BYTES) {
      throw new RangeError(`Noise message: at most ${MAX_NOISE_MESSAGE_BYTES} bytes, got ${message.length}`)
    }
    return message
  }

  /**
   * ReadMessage(message)
   *
   * @returns the payload, authenticated as far as the pattern authenticates it at this point (§7.7).
   * @throws ProtocolError `handshake_failed`: the peer does not hold the same keys, or bytes were changed. This state is
   *   of no further use.
   */
  readMessage(message: Uint8Array): Uint8Array {
    const tokens = this.#nextTokens(false)
    try {
      if (message.length > MAX_NOISE_MESSAGE_BYTES) throw new ProtocolError('handshake_failed', 'too long')
      let rest = message
      for (const token of tokens) rest = this.#readToken(token, rest)
      const payload = this.#symmetric.decryptAndHash(rest)
      this.#splitAtTheEnd()
      return payload
    } catch (cause) {
      this.#pending.length = 0
      throw new ProtocolError(
        'handshake_failed',
        'the peer does not hold the secret, or its message was changed',
        {
          cause,
        },
      )
    }
  }

  #nextTokens(writing: boolean): readonly PatternToken[] {
    const tokens = this.#pending[0]
    if (!tokens || this.#ourTurn !== writing) {
      throw new TypeError(`HandshakeState: not the moment to ${writing ? 'write' : 'read'} a message`)
    }
    this.#pending.shift()
    this.#ourTurn = !this.#ourTurn
    return tokens
  }

  #writeToken(token: PatternToken): Uint8Array {
    switch (token) {
      case 'e':
        this.#e = generateKeyPair(this.#randomBytes)
        this.#mixEphemeral(this.#e.publicKey)
        return this.#e.publicKey
      case 's':
        return this.#symmetric.encryptAndHash(needed('s', this.#options.staticKey).publicKey)
      default:
        this.#mixSecret(token)
        return EMPTY
    }
  }

  #readToken(token: PatternToken, message: Uint8Array): Uint8Array {
    switch (token) {
      case 'e':
        this.#re = take(message, DH_BYTES)
        this.#mixEphemeral(this.#re)
        return message.subarray(DH_BYTES)
      case 's': {
        const length = DH_BYTES + (this.#symmetric.hasKey ? TAG_BYTES : 0)
        this.#rs = this.#symmetric.decryptAndHash(take(message, length))
        return message.subarray(length)
      }
      default:
        this.#mixSecret(token)
        return message
    }
  }

  // With a pre-shared key an ephemeral also goes into the key, so that no two handshakes encrypt alike (§9.2).
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey)
    if (this.#options.psk) this.#symmetric.mixKey(publicKey)
  }

  // The first letter of a token is the initiator's key, the second the responder's (§7.1).
  #mixSecret(token: 'ee' | 'es' | 'se' | 'ss' | 'psk'): void {
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(needed('psk', this.#options.psk))
      return
    }
    const [ours, theirs] = this.#options.initiator ? [token[0], token[1]] : [token[1], token[0]]
    const pair = ours === 'e' ? needed('e', this.#e) : needed('s', this.#options.staticKey)
    const remote = theirs === 'e' ? needed('re', this.#re) : needed('rs', this.#rs)
    const shared = sharedSecret(pair, remote)
    this.#symmetric.mixKey(shared)
    shared.fill(0)
  }

  #splitAtTheEnd(): void {
    if (this.#pending.length > 0) return
    const [initiator, responder] = this.#symmetric.split()
    const [send, receive] = this.#options.initiator ? [initiator, responder] : [responder, initiator]
    this.#transport = { send, receive, handshakeHash: this.#symmetric.handshakeHash }
    this.#e?.destroy()
  }
}

function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new TypeError(`HandshakeState: this pattern needs ${name}`)
  return value
}

function take(message: Uint8Array, length: number): Uint8Array {
  if (message.length < length) throw new ProtocolError('handshake_failed', 'the message is too short')
  return message.slice(0, length)
}
