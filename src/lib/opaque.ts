/**
 * What both sides of OPAQUE (RFC 9807) must agree on. The protocol itself is `@serenity-kit/opaque`'s
 * (ristretto255, SHA-512). https://www.rfc-editor.org/rfc/rfc9807
 *
 * These values go into every registration record: changing one locks every account out.
 *
 * @module
 */

/** The client's slow hash: Argon2id with OWASP's first recommendation, 19 MiB and two passes; about 35 ms. */
export const KEY_STRETCHING = {
  'argon2id-custom': { iterations: 2, memory: 19_456, parallelism: 1 },
} as const

/** The identities bound into a record (RFC 9807 §4): the username, and the KDC by its public key, the default. */
export function identifiers(username: string): { client: string } {
  return { client: username }
}

/** Longest password, in UTF-8 bytes: far beyond any that is typed, short enough to hash for a stranger. */
export const MAX_PASSWORD_BYTES = 1024
