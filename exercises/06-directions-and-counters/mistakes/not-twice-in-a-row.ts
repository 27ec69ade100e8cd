/** "I keep the last record, and compare." An attacker waits until another one has come. */
import { toBase64url } from 'symbolon/protocol'
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a record that comes twice is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let last = ''
  return opener((record) => {
    const shown = toBase64url(record)
    if (shown === last) throw new Error('this record came twice')
    last = shown
    for (let tried = count; tried < count + 64; tried++) {
      try {
        return openAs(openingKey(keys, side), nonceOf(tried), record)
      } catch {
        // The next one, then.
      }
    }
    throw new Error('this record does not open')
  })
}
