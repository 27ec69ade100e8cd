/**
 * The right functions around a wrong one: as the student would have them.
 *
 * @module
 */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { Expand, Extract, Hkdf, KeysOf } from '../../given.ts'
import * as right from '../../solution/keys.ts'

interface Parts {
  readonly extract: Extract
  readonly expand: Expand
  readonly hkdf: Hkdf
}

export function completed({
  extract = right.extract,
  expand = right.expand,
  hkdf = (ikm, salt, info, length) => expand(extract(salt, ikm), info, length),
}: Partial<Parts>): Parts & { readonly keysOf: KeysOf } {
  const keysOf: KeysOf = (token, salt) => ({
    sessionId: hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16),
    ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32),
  })
  return { extract, expand, hkdf, keysOf }
}
