/** Invitations: who has one may make an account. docs/protocol.md §3.8. */
import { EMPTY, fromBase64url, toBase64url } from './bytes.ts'
import { hkdf } from './crypto/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
import { Secret } from './crypto/secret.ts'

const CODE_BYTES = 16
const INFO = 'symbolon/1 invitation'

/** A fresh invitation: 22 characters of base64url, to be given to one person. */
export function createInvitation(randomBytes: RandomBytes = secureRandomBytes): string {
  return toBase64url(randomBytes(CODE_BYTES))
}

/**
 * The token that an invitation stands for: requests to register are sealed with it, and never show the invitation itself.
 *
 * @throws CodecError `malformed` when the text is no invitation.
 */
export function invitationToken(invitation: string): Secret {
  const ikm = fromBase64url(invitation, { name: 'invitation', length: CODE_BYTES })
  return new Secret('invitation', hkdf(ikm, EMPTY, INFO))
}
