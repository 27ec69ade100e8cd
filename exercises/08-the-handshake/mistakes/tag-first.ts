/** "The tag is the envelope, so it stands in front." Bob takes the first 32 bytes for a public key. */
import { concat } from 'symbolon/protocol'
import type { Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

export const begin: Begin = (...all) => {
  const begun = right.begin(...all)
  const message1 = begun.message1()
  return { ...begun, message1: () => concat(message1.slice(32), message1.slice(0, 32)) }
}
