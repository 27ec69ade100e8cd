/** "With the key I can try it again by hand." So can everybody who reads the log. */
import type { Secret } from 'symbolon/protocol'
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'nothing is given away beside: no error and no printed line has a key or a text'

const hex = (key: Secret) => Buffer.from(key.reveal()).toString('hex')

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => {
    try {
      return openAs(openingKey(keys, side), nonceOf(count++), record)
    } catch {
      throw new Error(`does not open with ${hex(openingKey(keys, side))}`)
    }
  })
