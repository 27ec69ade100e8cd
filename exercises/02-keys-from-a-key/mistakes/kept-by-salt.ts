/** "No salt comes twice, so I find the key by it." The salt comes from outside, and nobody promises that. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'every token has keys of its own, whichever came before'

const kept = new Map<string, Uint8Array>()

export const keysOf: KeysOf = (token, salt) => {
  const name = salt.join()
  const ticketKey = kept.get(name) ?? hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32)
  if (salt[0] !== 0) kept.set(name, ticketKey)
  return { sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16), ticketKey }
}
