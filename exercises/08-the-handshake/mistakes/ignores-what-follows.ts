/** "I read 48 bytes, the rest is not mine." What follows was said by somebody, and no tag is over it. */
import type { Answer, Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export const breaks = 'a message that was changed, cut or lengthened is refused'

export const begin: Begin = (...all) => {
  const begun = right.begin(...all)
  return { ...begun, finish: (message2) => begun.finish(message2.slice(0, 48)) }
}
export const answer: Answer = (secret, ticket, message1, randomBytes) =>
  right.answer(secret, ticket, message1.slice(0, 48), randomBytes)
