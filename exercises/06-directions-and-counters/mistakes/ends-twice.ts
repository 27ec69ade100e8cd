/** "Better twice than not at all." The second is a record after the end, and bob takes it for an attack. */
import { concat, utf8 } from 'symbolon/protocol'
import type { MakeSealer } from '../given.ts'
import { END, MESSAGE, nonceOf, sealAs, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  let hasEnded = false
  const say = (content: Uint8Array) => sealAs(sealingKey(keys, side), nonceOf(count++), content)
  return {
    seal(text) {
      if (hasEnded) throw new Error('the end has been said')
      return say(concat(Uint8Array.of(MESSAGE), utf8(text)))
    },
    end() {
      hasEnded = true
      return say(Uint8Array.of(END))
    },
  }
}
