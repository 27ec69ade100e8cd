/** "Salt is healthy everywhere." Bob looks for his token by a name that is another each time. */
import { utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'every salt makes another ticket key, and the session keeps its name'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), salt, utf8('symbolon/1 session id'), 16),
  ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
})
