/** "The salt is random, so the key is." The salt stands in the ticket, for all to read. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'a reader of the session id is no nearer to the token or to a ticket key'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
  ticketKey: hkdf(salt, EMPTY, utf8('symbolon/1 ticket'), 32),
})
