/**
 * The primitives in portable JavaScript, by the audited noble libraries: for browsers, for reading,
 * and as the reference that `node.ts` is tested against.
 *
 * @module
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'
import { x25519 as curve } from '@noble/curves/ed25519.js'
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import type { Hash, Primitives } from './types.ts'

function hashBy(hash: ReturnType<typeof nobleSha256.create>): Hash {
  return {
    update: (part) => void hash.update(part),
    copy: () => hashBy(hash.clone()),
    digest: () => hash.digest(),
  }
}

export const noble: Primitives = {
  seal: (key, nonce, aad, plaintext) => chacha20poly1305(key.bytes, nonce, aad).encrypt(plaintext),
  sealInParts: (key, nonce, plaintext) => [chacha20poly1305(key.bytes, nonce).encrypt(plaintext)],
  open(key, nonce, aad, sealed) {
    try {
      return chacha20poly1305(key.bytes, nonce, aad).decrypt(sealed)
    } catch {
      return undefined
    }
  },
  sha256(...parts) {
    const hash = nobleSha256.create()
    for (const part of parts) hash.update(part)
    return hash.digest()
  },
  createSha256() {
    return hashBy(nobleSha256.create())
  },
  hkdf: (ikm, salt, info, length) => nobleHkdf(nobleSha256, ikm, salt, info, length),
  x25519(secretKey = curve.utils.randomSecretKey()) {
    const secret = Uint8Array.from(secretKey)
    let destroyed = false
    return {
      publicKey: curve.getPublicKey(secret),
      agree(theirs) {
        // Zeros would be a key like any other.
        if (destroyed) throw new TypeError('X25519: used after it was destroyed')
        try {
          return curve.getSharedSecret(secret, theirs)
        } catch {
          return undefined // noble throws on an all-zero result
        }
      },
      destroy() {
        destroyed = true
        secret.fill(0)
      },
    }
  },
  equal: (a, b) => equalBytes(a, b),
}

export { noble as primitives }
