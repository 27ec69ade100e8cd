/** "Nothing is encrypted in message 1, so it is only a public key." The tag of nothing is what proves that alice knows the secret. */
import type { Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'message 1 is a public key and a tag: 48 bytes'

export const begin: Begin = (...all) => {
  const begun = right.begin(...all)
  return { ...begun, message1: () => begun.message1().slice(0, 32) }
}
