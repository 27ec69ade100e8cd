import { concat, EMPTY, hkdf, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'

export function sealTicket(content: object, token: Uint8Array, salt: Uint8Array): string {
  const pieces = [Uint8Array.of(0x01), hkdf(token, EMPTY, 'symbolon/1 session id', 16), salt]
  const header = concat(...pieces)
  pieces.push(seal(hkdf(token, salt, 'symbolon/1 ticket'), ZERO_NONCE, header, utf8(JSON.stringify(content))))
  return toBase64url(concat(...pieces))
}
