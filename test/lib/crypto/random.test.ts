import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pooled, secureRandomBytes } from '../../../src/lib/crypto/random.ts'
import { throws } from '../../helpers/throws.ts'

const random = suite('randomness')

/** Gives 1, 2, 3, ... as 32-bit numbers, so that no four bytes at a multiple of four are ever alike; and shows what it filled. */
function counting() {
  let next = 1
  const filled: Uint8Array[] = []
  const generator = (bytes: Uint8Array<ArrayBuffer>) => {
    filled.push(bytes)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, next++)
  }
  return { generator, filled }
}

const numbers = (bytes: Uint8Array) =>
  Array.from({ length: bytes.length / 4 }, (_, i) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * i),
  )

random('gives no byte twice, whatever is asked for', () => {
  const { generator } = counting()
  const draw = pooled(generator, () => 0)
  const seen = new Set<number>()
  for (let i = 0; i < 2000; i++) {
    const drawn = draw(4 * (i % 80))
    assert.is(drawn.length, 4 * (i % 80))
    for (const number of numbers(drawn)) {
      assert.ok(number > 0, 'a byte that was overwritten')
      assert.not(seen.has(number))
      seen.add(number)
    }
  }
})

random('asks the generator once for many small draws', () => {
  const { generator, filled } = counting()
  const draw = pooled(generator, () => 0)
  for (let i = 0; i < 100; i++) draw(32)
  assert.is(filled.length, 1)
})

random('overwrites what it has given, and gives a copy', () => {
  const { generator, filled } = counting()
  const draw = pooled(generator, () => 0)
  const drawn = draw(32)
  const [pool] = filled
  assert.equal(numbers(drawn), [1, 2, 3, 4, 5, 6, 7, 8])
  assert.ok(pool?.subarray(0, 32).every((byte) => byte === 0))
  drawn.fill(255)
  assert.ok(pool?.subarray(0, 32).every((byte) => byte === 0))
  assert.equal(numbers(draw(4)), [9])
})

random('throws away what was drawn ahead too long ago, or by a clock that was set back', () => {
  const { generator, filled } = counting()
  let now = 1000
  const draw = pooled(generator, () => now)
  draw(4)
  now += 100
  assert.equal(numbers(draw(4)), [2])
  now += 101
  assert.equal(numbers(draw(4)), [1025])
  now -= 1
  draw(4)
  assert.is(filled.length, 3)
})

random('gives nothing when the generator fails, also the next time', () => {
  let fails = false
  const draw = pooled((bytes) => {
    if (fails) throw Object.assign(new Error('no entropy'), { code: 'EIO' })
    bytes.fill(7)
  })
  draw(32)
  fails = true
  for (let i = 0; i < 200; i++) {
    try {
      assert.ok(draw(32).every((byte) => byte === 7))
    } catch (error) {
      assert.is((error as Error).message, 'no entropy')
    }
  }
  throws(() => draw(32), 'EIO')
  throws(() => draw(1000), 'EIO')
})

random('gives as many bytes as are asked for, also many, and others each time', () => {
  for (const length of [0, 1, 32, 256, 257, 5000]) assert.is(secureRandomBytes(length).length, length)
  const drawn = new Set(
    Array.from({ length: 1000 }, () => Buffer.from(secureRandomBytes(16)).toString('hex')),
  )
  assert.is(drawn.size, 1000)
})

random.run()
