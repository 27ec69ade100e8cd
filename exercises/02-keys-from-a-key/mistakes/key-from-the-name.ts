/** "One after the other: token, session id, ticket key." Whoever reads the session id goes on from there. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'a reader of the session id is no nearer to the token or to a ticket key'

export const keysOf: KeysOf = (token, salt) => {
  const sessionId = hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16)
  return { sessionId, ticketKey: hkdf(sessionId, salt, utf8('symbolon/1 ticket'), 32) }
}
