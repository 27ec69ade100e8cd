/** "The last byte counts." To 255. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import { openAs, opener, openingKey, sealAs, sealer, sealingKey } from './shared/halves.ts'

export const breaks =
  'the counter never comes back to 0: after the last count nothing is sealed and nothing opens'

const nonce = (count: number) => {
  const bytes = new Uint8Array(12)
  bytes[11] = count
  return bytes
}

export const makeSealer: MakeSealer = (keys, side, count = 0) =>
  sealer((content) => sealAs(sealingKey(keys, side), nonce(count++), content))
export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => openAs(openingKey(keys, side), nonce(count++), record))
