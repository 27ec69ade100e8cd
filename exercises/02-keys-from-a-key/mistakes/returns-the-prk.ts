/** "Perhaps somebody needs it later." Whoever has the prk has all keys that are made from it. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { extract, hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'the token gets out in no other way'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
  ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
  prk: extract(salt, token.reveal()),
})
