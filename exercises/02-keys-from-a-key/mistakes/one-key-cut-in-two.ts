/** "One key, and its first half is the name." The name is half of the key. */
import { utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'a reader of the session id is no nearer to the token or to a ticket key'

export const keysOf: KeysOf = (token, salt) => {
  const ticketKey = hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32)
  return { sessionId: ticketKey.subarray(0, 16), ticketKey }
}
