/** A token bucket, by a clock that the test moves. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TokenBucket } from '../../../src/lib/pacing/token-bucket.ts'

const test = suite('token bucket')

function start() {
  const clock = { ms: 0 }
  return { clock, bucket: new TokenBucket({ capacity: 10, perSec: 2, now: () => clock.ms }) }
}

test('gives so much at once, and then as much as comes back', () => {
  const { clock, bucket } = start()
  assert.is(bucket.take(10), true)
  assert.is(bucket.take(1), false)
  assert.is(bucket.waitMs(1), 500)
  clock.ms += 500
  assert.is(bucket.take(1), true)
  assert.is(bucket.take(1), false)
})

test('what does not fit takes nothing', () => {
  const { bucket } = start()
  assert.is(bucket.take(11), false)
  assert.is(bucket.take(10), true)
})

test('is never fuller than full, however long it rests and whatever is given back', () => {
  const { clock, bucket } = start()
  clock.ms += 3_600_000
  assert.is(bucket.take(11), false)
  bucket.giveBack(5)
  assert.is(bucket.take(11), false)
})

test('what is spent beyond it has to come back first', () => {
  const { clock, bucket } = start()
  bucket.spend(14)
  assert.is(bucket.waitMs(0), 2000)
  assert.is(bucket.waitMs(1), 2500)
  clock.ms += 2000
  assert.is(bucket.waitMs(0), 0)
  assert.is(bucket.isFull, false)
  clock.ms += 5000
  assert.is(bucket.isFull, true)
})

test.run()
