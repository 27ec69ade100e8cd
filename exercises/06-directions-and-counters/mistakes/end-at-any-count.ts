/** "The end may come early." Then an attacker, who has it, lets it come early. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'records that are exchanged, or of which one is missing, are refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  return opener((record) => {
    const nonce = nonceOf(next)
    const ahead = record.length === 17 ? [1, 2, 3].map((more) => nonceOf(next + more)) : []
    for (const tried of [nonce, ...ahead]) {
      try {
        const content = openAs(openingKey(keys, side), tried, record)
        next++
        return content
      } catch {
        // The next one, then.
      }
    }
    throw new Error('this record does not open')
  })
}
