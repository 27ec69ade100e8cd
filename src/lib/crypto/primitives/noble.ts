/**
 * The primitives in portable JavaScript, by the audited noble libraries: for browsers, for reading,
 * and as the reference that `node.ts` is tested against.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { equalBytes } from '@noble/ciphers/utils.js'
import { x25519 as curve, ed25519 } from '@noble/curves/ed25519.js'
import { expand, hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
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
  hmac: (key, data) => hmac(nobleSha256, key, data),
  hkdfExpand: (prk, info, length) => expand(nobleSha256, prk, info, length),
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
  sign: (privateKey, message) => ed25519.sign(message, privateKey.subarray(-32)),
  verify(publicKey, message, signature) {
    try {
      // By RFC 8032 §5.1.7, not by ZIP 215, which takes more.
      return ed25519.verify(signature, message, publicKey, { zip215: false })
    } catch {
      return false
    }
  },
  verifyMeanwhile: async (...signed) => noble.verify(...signed),
  equal: (a, b) => equalBytes(a, b),
}

export { noble as primitives }
