/** A hash over what comes piece by piece. */

export interface Hash {
  update(part: Uint8Array): void
  /** One that has seen the same, and goes its own way from here. */
  copy(): Hash
  /** The hash of all parts, once. */
  digest(): Uint8Array
}

/** An X25519 key pair, whose secret half is kept where the implementation keeps it. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** X25519 of our secret key and their public key (RFC 7748 §6.1), 32 bytes; `undefined` when the result is all zeros. */
  agree(theirs: Uint8Array): Uint8Array | undefined
  /** Overwrites the secret key, or lets the implementation do so: it cannot be used any more. */
  destroy(): void
}

/** A key of AEAD_CHACHA20_POLY1305, 32 bytes. */
export interface AeadKey {
  readonly bytes: Uint8Array
  /** What the implementation has made of them, for the next time. */
  prepared?: object | undefined
}

/** What an implementation of the primitives offers. Arguments have been checked by the callers in `src/lib`. */
export interface Primitives {
  /** AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8): returns ciphertext followed by the 16-byte tag. */
  seal(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** `seal` without aad: returns ciphertext and tag in parts of any number, which nothing else refers to. */
  sealInParts(key: AeadKey, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array[]
  /** The inverse of `seal`; `undefined` when the tag does not match, and then nothing was decrypted. */
  open(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
  /** SHA-256 (FIPS 180-4) of the parts, concatenated. */
  sha256(...parts: Uint8Array[]): Uint8Array
  /** The same of parts that are not all there at once. */
  createSha256(): Hash
  /** HKDF-SHA256 (RFC 5869 §2): extract, then expand. */
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** HMAC-SHA256 (RFC 2104); with a salt for its key it is HKDF's first step (RFC 5869 §2.2). */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array
  /** HKDF-SHA256's second step alone (RFC 5869 §2.3): at most 255 × 32 bytes; throws for more. */
  hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /**
   * An X25519 key pair (RFC 7748 §6.1).
   *
   * @param secretKey - 32 bytes; without it a fresh one, which the implementation keeps to itself.
   */
  x25519(secretKey?: Uint8Array): KeyPair
  /** Ed25519 (RFC 8032 §5.1.6): 64 bytes. @param privateKey - as PKCS #8 (RFC 8410 §7), or its last 32 bytes. */
  sign(privateKey: Uint8Array, message: Uint8Array): Uint8Array
  /** Whether it is the signature (RFC 8032 §5.1.7) of the holder of this public key; a key that is none, or of small order, has signed nothing. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** The same, in another thread where there is one. Rejects never. */
  verifyMeanwhile(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** Whether two byte strings of the same length are equal, in time that depends on the length only. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
