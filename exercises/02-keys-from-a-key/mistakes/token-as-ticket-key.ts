/** "The token is a key already." Then every ticket has the same one, and it never leaves. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'a reader of the session id is no nearer to the token or to a ticket key'

export const keysOf: KeysOf = (token) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
  ticketKey: token.reveal(),
})
