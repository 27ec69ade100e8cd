/** "ticket" says it as well as "symbolon/1 ticket". Not to a program that hashes it. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'the two keys are those of docs/protocol.md'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('session id'), 16),
  ticketKey: hkdf(token.reveal(), salt, utf8('ticket'), 32),
})
