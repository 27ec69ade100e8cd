/** "After an attack I do not go on at all." A stranger with ten bytes silences bob everywhere. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks =
  'two channels do not touch each other: each counts for itself, from the count it is given'

let isOver = false

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  const inner = right.makeOpener(keys, side, count)
  return {
    open(record) {
      if (isOver) throw new Error('this program is over')
      try {
        return inner.open(record)
      } catch (error) {
        isOver = true
        throw error
      }
    },
    close: () => inner.close(),
  }
}
