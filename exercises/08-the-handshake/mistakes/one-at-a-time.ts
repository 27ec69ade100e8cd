/** "The state is a variable of the module." The next handshake overwrites it. */
import type { Begin, Begun } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'two handshakes at the same time do not mix'

let last: Begun

export const begin: Begin = (...all) => {
  const begun = right.begin(...all)
  last = begun
  return { message1: () => begun.message1(), finish: (message2) => last.finish(message2) }
}
