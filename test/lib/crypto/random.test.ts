import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { secureRandomBytes } from '../../../src/lib/crypto/random.ts'

const random = suite('randomness')

const drawn = (length: number) => Buffer.from(secureRandomBytes(length)).toString('hex')

random('gives as many bytes as are asked for, also many, and others each time', () => {
  for (const length of [0, 1, 32, 64, 65, 256, 257, 5000]) assert.is(secureRandomBytes(length).length, length)
  for (const length of [16, 32, 64, 65]) {
    assert.is(new Set(Array.from({ length: 1000 }, () => drawn(length))).size, 1000)
  }
})

random('what was given is nowhere else: not given again in part, nor left where more is taken from', () => {
  const lengths = Array.from({ length: 500 }, (_, i) => 8 * (1 + (i % 8)))
  const all = lengths.map(secureRandomBytes)
  const pieces = all.flatMap((bytes) =>
    Array.from({ length: bytes.length / 8 }, (_, i) => Buffer.from(bytes).toString('hex', 8 * i, 8 * i + 8)),
  )
  assert.is(new Set(pieces).size, pieces.length)
  for (const bytes of all) assert.is(bytes.buffer.byteLength, bytes.length)
})

random('what is no number of bytes is refused, and takes nothing from others', () => {
  const lengths = [-1, -1000, Number.NaN, 0.5, 31.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const wrong of [...lengths, 2 ** 53, undefined, null, '32']) {
    assert.throws(
      () => secureRandomBytes(wrong as number),
      (error: Error) => error instanceof TypeError && /^length: /.test(error.message),
      String(wrong),
    )
    assert.not.ok(secureRandomBytes(32).every((byte) => byte === 0))
  }
})

random('of what has been given the generator keeps nothing', () => {
  const draw = crypto.getRandomValues
  const buffers: Uint8Array[] = []
  crypto.getRandomValues = ((bytes: Uint8Array) => {
    buffers.push(bytes)
    return draw.call(crypto, bytes)
  }) as typeof draw
  try {
    // To the end of what was drawn before this test, and into what is drawn now.
    for (let i = 0; i < 100 && buffers.length === 0; i++) secureRandomBytes(32)
    const given = [secureRandomBytes(32), secureRandomBytes(16)]
    for (const bytes of given) assert.is(Buffer.from(buffers[0] as Uint8Array).indexOf(bytes), -1)
  } finally {
    crypto.getRandomValues = draw
  }
})

random.run()
