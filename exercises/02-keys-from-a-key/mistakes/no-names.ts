/** "Different salts are enough, so the info may be empty." Then the salt decides what a key is for, and it is the KDC that draws it. */
import { EMPTY } from 'symbolon/protocol'
import type { KeysOf } from '../given.ts'
import { hkdf } from '../solution/keys.ts'

export { expand, extract, hkdf } from '../solution/keys.ts'

export const breaks = 'the two keys are those of docs/protocol.md'

export const keysOf: KeysOf = (token, salt) => ({
  sessionId: hkdf(token.reveal(), EMPTY, EMPTY, 16),
  ticketKey: hkdf(token.reveal(), salt, EMPTY, 32),
})
