/** "16 bytes of salt are enough." They are, but two salts that differ in the others make one key. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'every salt makes another ticket key, and the session keeps its name'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
  ticketKey: hkdf(token.reveal(), salt.subarray(0, 16), utf8('symbolon/1 ticket'), 32),
})
