/** How far a transfer is, as its sender said how much there is. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProgressUpdate } from '../../../src/cli/terminal/progress.ts'
import { TransferProgress } from '../../../src/cli/terminal/transfer-progress.ts'

const tally = suite('tally')

function counted() {
  const told: ProgressUpdate[] = []
  return { told, tally: new TransferProgress({ at: (moved) => told.push(moved), end() {} }) }
}

tally('tells of the whole once it is known how much there is', () => {
  const { told, tally } = counted()
  const [a, b] = [{}, {}]
  tally.expect({ files: 2, size: 300 })
  tally.begin(a, 'a', 100)
  tally.at(a, 100)
  tally.begin(b, 'b', 200, 150)
  tally.at(b, 160)
  assert.equal(
    told.map(({ whole, before }) => [whole, before]),
    [
      [{ file: 1, files: 2, bytes: 100, size: 300 }, 0],
      [{ file: 2, files: 2, bytes: 260, size: 300 }, 150],
    ],
  )
})

tally('of one file it tells nothing more, until there is another', () => {
  const { told, tally } = counted()
  const [a, b] = [{}, {}]
  tally.expect({ files: 1, size: 10 })
  tally.begin(a, 'a', 10)
  tally.at(a, 10)
  assert.is(told.at(-1)?.whole, undefined)
  tally.begin(b, 'b', 5)
  tally.at(b, 5)
  assert.equal(told.at(-1)?.whole, { file: 2, files: undefined, bytes: 15, size: undefined })
})

tally('where there is more than was said, it says no more how much there is', () => {
  const { told, tally } = counted()
  const a = {}
  tally.expect({ files: 5, size: 10 })
  tally.begin(a, 'a', 20)
  tally.at(a, 10)
  assert.is(told.at(-1)?.whole?.size, 10)
  tally.at(a, 11)
  assert.equal(told.at(-1)?.whole, { file: 1, files: 5, bytes: 11, size: undefined })
})

tally.run()
