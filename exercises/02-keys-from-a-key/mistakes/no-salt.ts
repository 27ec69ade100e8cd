/** "One token, one key." And one nonce, zero: two tickets under it read each other. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'every salt makes another ticket key, and the session keeps its name'

export const keysOf: KeysOf = (token) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
  ticketKey: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 ticket'), 32),
})
