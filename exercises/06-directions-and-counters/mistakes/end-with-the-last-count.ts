/** "The end says nothing, so it needs no count of its own." It was sealed with the nonce of the last message. */
import type { MakeSealer } from '../given.ts'
import { END, nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'every record has the next count in its nonce, and so has the end'

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  let next = count
  return sealer((content) =>
    sealAs(sealingKey(keys, side), nonceOf(content[0] === END ? Math.max(0, next - 1) : next++), content),
  )
}
