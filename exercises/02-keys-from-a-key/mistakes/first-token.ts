/** "A session id does not change, so I keep it." It is that of the first session, for all of them. */
import { EMPTY, utf8 } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'every token has keys of its own, whichever came before'

let kept: Uint8Array | undefined

export const keysOf: KeysOf = (token, salt) => {
  kept ??= hkdf(token.reveal(), EMPTY, utf8('symbolon/1 session id'), 16)
  return { sessionId: kept, ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32) }
}
