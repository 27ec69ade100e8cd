/** "The stream is its own inverse, so decrypting is encrypting." And who compares the tag? */
import { createCipheriv } from 'node:crypto'
import type { MakeOpener } from '../given.ts'
import { nonceOf, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'what was changed or cut, or is no record, is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => {
    const key = openingKey(keys, side).reveal()
    if (record.length <= 16) throw new Error('this is no record')
    const cipher = createCipheriv('chacha20-poly1305', key, nonceOf(count++), { authTagLength: 16 })
    return cipher.update(record.subarray(0, -16))
  })
