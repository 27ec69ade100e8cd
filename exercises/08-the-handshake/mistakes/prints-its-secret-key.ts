/** "It is thrown away in a moment, so it may be seen." The log keeps it, and with it the conversation. */
import type { Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'nothing secret is printed, or stands in an error'

export const begin: Begin = (secret, ticket, randomBytes) => {
  const own = randomBytes(32)
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  console.log('begin', own)
  return right.begin(secret, ticket, () => own)
}
