/** "Bob sees that it is text." And how does he see that it is the end? */
import { utf8 } from 'symbolon/protocol'
import type { MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'
import { nonceOf, sealAs, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = "bob's program opens the first record that alice seals"

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  const { end } = right.makeSealer(keys, side, count)
  return { seal: (text) => sealAs(sealingKey(keys, side), nonceOf(count++), utf8(text)), end }
}
