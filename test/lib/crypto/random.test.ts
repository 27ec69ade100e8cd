import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'

const random = suite('randomness')

random('gives as many bytes as are asked for, also many, and others each time', () => {
  for (const length of [0, 1, 32, 256, 257, 5000]) assert.is(secureRandomBytes(length).length, length)
  const drawn = new Set(
    Array.from({ length: 1000 }, () => Buffer.from(secureRandomBytes(16)).toString('hex')),
  )
  assert.is(drawn.size, 1000)
})

random.run()
