/** "One more thing." Bob has gone, and the text is lost without a word. */
import { concat, utf8 } from 'symbolon/protocol'
import type { MakeSealer } from '../given.ts'
import { END, MESSAGE, nonceOf, sealAs, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  const say = (content: Uint8Array) => sealAs(sealingKey(keys, side), nonceOf(count++), content)
  return {
    seal: (text) => say(concat(Uint8Array.of(MESSAGE), utf8(text))),
    end: () => say(Uint8Array.of(END)),
  }
}
