/**
 * Diffie-Hellman on Curve25519: X25519, RFC 7748 §6.1. https://www.rfc-editor.org/rfc/rfc7748#section-6.1
 *
 * @module
 */
import { primitives } from '#primitives'
import { ProtocolError } from './errors.ts'
import type { RandomBytes } from './random.ts'

/** Length of an X25519 secret key, public key and shared secret. */
export const DH_BYTES = 32

export interface KeyPair {
  /** 32 bytes. */
  readonly secretKey: Uint8Array
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

/** A fresh key pair from 32 random bytes. */
export function generateKeyPair(randomBytes: RandomBytes): KeyPair {
  const secretKey = randomBytes(DH_BYTES)
  return { secretKey, publicKey: primitives.x25519PublicKey(secretKey) }
}

/**
 * The shared secret of our secret key and their public key, 32 bytes.
 *
 * @throws ProtocolError `handshake_failed` when the result is all zeros: their key is one of the few points of small
 *   order, which no honest peer sends (RFC 7748 §6.1).
 */
export function sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const shared = primitives.x25519(secretKey, publicKey)
  if (!shared) throw new ProtocolError('handshake_failed', 'the peer sent a public key of small order')
  return shared
}
