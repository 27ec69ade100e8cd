/** "One is the ticket, the other the session." Which is which? */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'the two keys are those of docs/protocol.md'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 ticket'), 16),
  ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 session id'), 32),
})
