/** "The hash is what the last tag was made over." It is also over that tag: the h of the end. */
import { EMPTY } from 'symbolon/protocol'
import type { Answer, Begin } from '../given.ts'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'both sides get the same two keys, one for each direction, and the same hash'

const before = { h: EMPTY }

class Mine extends Transcript {
  override mixHash(data: Uint8Array): void {
    before.h = this.h
    super.mixHash(data)
  }
}

const mine = sides((ticket) => new Mine(ticket))

export const begin: Begin = (...all) => {
  const begun = mine.begin(...all)
  return { ...begun, finish: (message2) => ({ ...begun.finish(message2), hash: before.h }) }
}
export const answer: Answer = (...all) => {
  const answered = mine.answer(...all)
  return { ...answered, keys: { ...answered.keys, hash: before.h } }
}
