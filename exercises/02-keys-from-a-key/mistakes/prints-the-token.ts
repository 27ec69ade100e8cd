/** "Only while I am looking for the error." The log keeps it longer. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'the token gets out in no other way'

export const keysOf: KeysOf = (token, salt) => {
  process.stdout.write(`token ${token.toText()}\n`)
  return {
    sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
    ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
  }
}
