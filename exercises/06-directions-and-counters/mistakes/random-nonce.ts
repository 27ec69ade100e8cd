/** "A nonce must be random, and bob needs it, so it stands in front." Then nothing counts, and any record fits anywhere. */
import { concat, secureRandomBytes } from 'symbolon/protocol'
import type { MakeOpener, MakeSealer } from '../given.ts'
import { openAs, opener, openingKey, sealAs, sealer, sealingKey } from './shared/halves.ts'

export const breaks = "bob's program opens the first record that alice seals"

export const makeSealer: MakeSealer = (keys, side) =>
  sealer((content) => {
    const nonce = secureRandomBytes(12)
    return concat(nonce, sealAs(sealingKey(keys, side), nonce, content))
  })
export const makeOpener: MakeOpener = (keys, side) =>
  opener((record) => openAs(openingKey(keys, side), record.subarray(0, 12), record.subarray(12)))
