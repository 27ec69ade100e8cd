/** "Bob has to know that we have the same secret." Now eve has it too. */
import { concat } from 'symbolon/protocol'
import type { Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'message 1 is a public key and a tag: 48 bytes'

export const begin: Begin = (secret, ticket, randomBytes) => {
  const begun = right.begin(secret, ticket, randomBytes)
  return { ...begun, message1: () => concat(secret.reveal(), begun.message1().slice(32)) }
}
