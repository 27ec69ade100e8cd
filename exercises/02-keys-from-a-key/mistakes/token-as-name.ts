/** "The first half of the token names it well." And is read by all; what is left to guess is the other half. */
import { utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'a reader of the session id is no nearer to the token or to a ticket key'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: token.reveal().subarray(0, 16),
  ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
})
