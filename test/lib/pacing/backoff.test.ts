/** How long a client waits before it tries again. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { backoffMs } from '../../../src/lib/pacing/backoff.ts'

const test = suite('back-off')

const LIMITS = { firstMs: 100, mostMs: 1000 }

test('doubles with each failure, up to a limit', () => {
  const waits = [1, 2, 3, 4, 5, 2000].map((failures) => backoffMs(failures, LIMITS, 1))
  assert.equal(waits, [100, 200, 400, 800, 1000, 1000])
})

test('is up to a half shorter, so that clients which failed together do not come back in step', () => {
  assert.equal([backoffMs(1, LIMITS, 0), backoffMs(2000, LIMITS, 0)], [50, 500])
  const waits = new Set(Array.from({ length: 100 }, () => backoffMs(1, LIMITS)))
  assert.ok(waits.size > 50, `${waits.size} different ones`)
})

test.run()
