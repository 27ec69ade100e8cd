/**
 * Diffie-Hellman on Curve25519: X25519, RFC 7748 §6.1. https://www.rfc-editor.org/rfc/rfc7748#section-6.1
 *
 * @module
 */
import { primitives } from '#primitives'
import { ProtocolError } from '../errors.ts'
import type { KeyPair } from './primitives/types.ts'
import { type RandomBytes, secureRandomBytes } from './random.ts'

/** Length of an X25519 secret key, public key and shared secret. */
export const DH_BYTES = 32

/** A fresh key pair, from 32 random bytes; where those are not asked for, of the implementation's own making. */
export function generateKeyPair(randomBytes: RandomBytes = secureRandomBytes): KeyPair {
  if (randomBytes === secureRandomBytes) return primitives.x25519()
  const secretKey = randomBytes(DH_BYTES)
  const pair = primitives.x25519(secretKey)
  secretKey.fill(0)
  return pair
}

/**
 * The shared secret of our key pair and their public key, 32 bytes.
 *
 * @throws ProtocolError `handshake_failed` when the result is all zeros: their key is one of the few points of small
 *   order, which no honest peer sends (RFC 7748 §6.1).
 */
export function sharedSecret(ours: KeyPair, theirs: Uint8Array): Uint8Array {
  const shared = ours.agree(theirs)
  if (!shared) throw new ProtocolError('handshake_failed', 'the peer sent a public key of small order')
  return shared
}
