/** "Numbers are stored with the last byte first." In this computer, yes; on the way bob expects the first one first. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import { openAs, opener, openingKey, sealAs, sealer, sealingKey } from './shared/halves.ts'

export const breaks = 'every record has the next count in its nonce, and so has the end'

const nonce = (count: number) => {
  const bytes = new Uint8Array(12)
  new DataView(bytes.buffer).setUint32(8, count, true)
  return bytes
}

export const makeSealer: MakeSealer = (keys, side, count = 0) =>
  sealer((content) => sealAs(sealingKey(keys, side), nonce(count++), content))
export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => openAs(openingKey(keys, side), nonce(count++), record))
