/** Key derivation: HKDF-SHA256, RFC 5869. https://www.rfc-editor.org/rfc/rfc5869 */
import { primitives } from '#primitives'
import { utf8 } from '../bytes.ts'
import { KEY_BYTES } from './secret.ts'

/**
 * Extract, then expand (RFC 5869 §2.2 and §2.3).
 *
 * @param ikm - input keying material.
 * @param salt - may be empty, which RFC 5869 §2.2 defines as 32 zero bytes.
 * @param info - says what the key is for; text is taken as UTF-8.
 * @param length - bytes wanted, at most 255 × 32.
 */
export function hkdf(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  length: number = KEY_BYTES,
): Uint8Array {
  return primitives.hkdf(ikm, salt, typeof info === 'string' ? utf8(info) : info, length)
}
