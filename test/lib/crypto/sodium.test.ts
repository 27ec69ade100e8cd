import { createCipheriv, createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto'
import load from 'libsodium'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { noble } from '../../../src/lib/crypto/primitives/noble.ts'
import { node, preferSodium } from '../../../src/lib/crypto/primitives/node.ts'
import { over, SHORT_BYTES, type Sodium } from '../../../src/lib/crypto/primitives/sodium.ts'

const EMPTY = new Uint8Array(0)
const test = suite<{ sodium: Sodium; memory: () => Buffer }>('primitives: libsodium for what is short')

test.before(async (context) => {
  const lib = await load({ getRandomValue: () => randomInt(2 ** 32) })
  assert.is(lib._sodium_init(), 0)
  context.sodium = over(lib)
  context.memory = () => Buffer.from(lib.HEAPU8.buffer)
  assert.ok(await preferSodium())
})

function byOpenssl(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  cipher.setAAD(aad, { plaintextLength: plaintext.length })
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

const AAD_LENGTHS = [0, 1, 15, 16, 17, 49, 64, SHORT_BYTES, SHORT_BYTES + 1]

test('seals and opens as OpenSSL and noble do, at every length', ({ sodium }) => {
  for (let length = 0; length <= SHORT_BYTES + 76; length++) {
    const aadLength = AAD_LENGTHS[length % AAD_LENGTHS.length] as number
    const [key, nonce, aad] = [randomBytes(32), randomBytes(12), randomBytes(aadLength)]
    const plaintext = randomBytes(length)
    const expected = byOpenssl(key, nonce, aad, plaintext)
    assert.ok(expected.equals(noble.seal({ bytes: key }, nonce, aad, plaintext)))
    assert.ok(expected.equals(node.seal({ bytes: key }, nonce, aad, plaintext)), `${length}`)
    assert.ok(
      plaintext.equals(node.open({ bytes: key }, nonce, aad, expected) ?? randomBytes(1)),
      `${length}`,
    )
    const alone = byOpenssl(key, nonce, EMPTY, plaintext)
    assert.ok(alone.equals(Buffer.concat(node.sealInParts({ bytes: key }, nonce, plaintext))), `${length}`)
    if (length > SHORT_BYTES || aadLength > SHORT_BYTES) continue
    assert.ok(expected.equals(sodium.seal(key, nonce, aad, plaintext)), `${length}`)
    assert.ok(plaintext.equals(sodium.open(key, nonce, aad, expected) ?? randomBytes(1)), `${length}`)
  }
})

test('refuses every kind of damage, at every length', ({ sodium }) => {
  for (let length = 0; length <= SHORT_BYTES; length++) {
    const [key, nonce, aad] = [randomBytes(32), randomBytes(12), randomBytes(length % 50)]
    const sealed = byOpenssl(key, nonce, aad, randomBytes(length))
    const damaged = (bytes: Uint8Array, at = randomInt(bytes.length)) => {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << randomInt(8))
      return changed
    }
    const refused = [
      [key, nonce, aad, damaged(sealed)],
      [key, nonce, aad, damaged(sealed, length)],
      [key, nonce, aad, damaged(sealed, length + 15)],
      [key, nonce, aad, sealed.subarray(0, 16 + randomInt(length + 1) - (length > 0 ? 1 : 0))],
      [
        key,
        nonce,
        aad,
        length < SHORT_BYTES
          ? Buffer.concat([sealed, EMPTY.length ? EMPTY : randomBytes(1)])
          : damaged(sealed),
      ],
      [damaged(key), nonce, aad, sealed],
      [key, damaged(nonce), aad, sealed],
      [key, nonce, Buffer.concat([aad, Buffer.of(0)]), sealed],
    ] as const
    for (const [k, n, a, s] of refused) {
      if (
        s.length < 16 ||
        (s.length === sealed.length && k === key && n === nonce && a === aad && sealed.equals(s))
      )
        continue
      assert.is(sodium.open(k, n, a, s), undefined, `${length}`)
      assert.is(node.open({ bytes: k }, n, a, s), undefined, `${length}`)
    }
  }
})

const byOpensslHkdf = (ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) =>
  Buffer.from(hkdfSync('sha256', ikm, salt, info, length))

test('derives as OpenSSL and noble do, wherever the ends of blocks fall, also from long salts', ({
  sodium,
}) => {
  const lengths = [0, 1, 13, 31, 32, 54, 55, 56, 63, 64, 65, 119, 120, 128, 200]
  for (const ikmLength of lengths) {
    for (const saltLength of lengths) {
      for (const infoLength of [0, 18, 22, 23, 54, 55, 64, 120]) {
        const length = [1, 16, 32, 33, 64, 100][(ikmLength + saltLength + infoLength) % 6] as number
        const [ikm, salt, info] = [randomBytes(ikmLength), randomBytes(saltLength), randomBytes(infoLength)]
        const expected = byOpensslHkdf(ikm, salt, info, length)
        assert.ok(expected.equals(sodium.hkdf(ikm, salt, info, length) ?? EMPTY))
        assert.ok(expected.equals(node.hkdf(ikm, salt, info, length)))
        const prk = createHmac('sha256', salt).update(ikm).digest()
        assert.ok(expected.equals(sodium.hkdfExpand(prk, info, length) ?? EMPTY))
        assert.ok(expected.equals(node.hkdfExpand(prk, info, length)))
      }
    }
  }
  const [ikm, salt, info] = [randomBytes(32), randomBytes(32), randomBytes(20)]
  assert.ok(byOpensslHkdf(ikm, salt, info, 64).equals(noble.hkdf(ikm, salt, info, 64)))
})

test('what is too long for it to derive from, or to derive, is done as before', ({ sodium }) => {
  for (const [ikmLength, saltLength, infoLength, length] of [
    [SHORT_BYTES, SHORT_BYTES, 0, SHORT_BYTES],
    [SHORT_BYTES, 0, SHORT_BYTES, 32],
    [SHORT_BYTES + 1, 32, 20, 32],
    [32, SHORT_BYTES, 1, 32],
    [32, 5000, 20, 32],
    [100_000, 32, 1024, 32],
    [32, 32, 20, SHORT_BYTES + 1],
    [32, 32, 20, 255 * 32],
  ] as const) {
    const [ikm, salt, info] = [randomBytes(ikmLength), randomBytes(saltLength), randomBytes(infoLength)]
    const expected = byOpensslHkdf(ikm, salt, info, length)
    const fits = ikmLength <= SHORT_BYTES && saltLength + infoLength <= SHORT_BYTES && length <= SHORT_BYTES
    const derived = sodium.hkdf(ikm, salt, info, length)
    assert.is(derived !== undefined, fits)
    assert.ok(!derived || expected.equals(derived))
    assert.ok(expected.equals(node.hkdf(ikm, salt, info, length)))
    const prk = createHmac('sha256', salt).update(ikm).digest()
    const expanded = sodium.hkdfExpand(prk, info, length)
    assert.is(expanded !== undefined, infoLength <= SHORT_BYTES && length <= SHORT_BYTES)
    assert.ok(expected.equals(node.hkdfExpand(prk, info, length)))
  }
  assert.is(sodium.hkdfExpand(randomBytes(31), EMPTY, 32), undefined)
  assert.is(sodium.hkdfExpand(randomBytes(33), EMPTY, 32), undefined)
  assert.throws(() => node.hkdf(randomBytes(1), EMPTY, EMPTY, 255 * 32 + 1), RangeError)
})

test('of keys that were derived, and of what they were derived from, nothing is left in its memory', ({
  sodium,
  memory,
}) => {
  for (const length of [16, 32, 64, 65, 200]) {
    const [ikm, salt, info] = [randomBytes(length), randomBytes(length), randomBytes(length)]
    const derived = sodium.hkdf(ikm, salt, info, length) ?? EMPTY
    const prk = createHmac('sha256', salt).update(ikm).digest()
    assert.equal(sodium.hkdfExpand(prk, info, length), derived)
    for (const secret of [ikm, salt, prk, derived]) {
      // HMAC's keys stand in memory as pads: RFC 2104 §2.
      for (const pad of [0, 0x36, 0x5c]) {
        const seen = Buffer.from(secret.map((byte) => byte ^ pad))
        for (let at = 0; at + 8 <= seen.length; at += 4) {
          assert.not(memory().includes(seen.subarray(at, at + 8)), `${length} ${pad} ${at}`)
        }
      }
    }
  }
})

test('of keys and plaintexts nothing is left in its memory', ({ sodium, memory }) => {
  const left = (secret: Uint8Array) => memory().indexOf(secret) >= 0
  for (const length of [8, 9, 16, 31, 32, 56, 63, 64, 65, 72, 127, 128, 136, 200, 400, 1000, SHORT_BYTES]) {
    const [key, nonce, plaintext] = [randomBytes(32), randomBytes(12), randomBytes(length)]
    const nothing = (after: string) => {
      for (const part of [key.subarray(0, 8), key.subarray(12, 20), key.subarray(24)])
        assert.not(left(part), after)
      const block = length - (length % 64 || 64)
      for (const at of [0, Math.max(0, Math.min(block, length - 8))])
        assert.not(left(plaintext.subarray(at, at + 8)), after)
      assert.not(left(plaintext.subarray(length - 8)), after)
    }
    const sealed = sodium.seal(key, nonce, EMPTY, plaintext)
    nothing(`seal ${length}`)
    sodium.open(key, nonce, EMPTY, sealed)
    nothing(`open ${length}`)
    sealed[0] = (sealed[0] as number) ^ 1
    sodium.open(key, nonce, EMPTY, sealed)
    nothing(`failed open ${length}`)
  }
})

test('other lengths are refused as before', ({ sodium }) => {
  const [key, nonce] = [randomBytes(32), randomBytes(12)]
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => node.seal({ bytes: randomBytes(length) }, nonce, EMPTY, EMPTY))
    assert.throws(() => sodium.seal(randomBytes(length), nonce, EMPTY, EMPTY), RangeError)
  }
  for (let length = 0; length < 16; length++)
    assert.throws(() => node.open({ bytes: key }, nonce, EMPTY, randomBytes(length)))
  assert.throws(() => sodium.seal(key, nonce, EMPTY, randomBytes(SHORT_BYTES + 17)), RangeError)
  assert.throws(() => sodium.open(key, nonce, randomBytes(SHORT_BYTES + 1), randomBytes(16)), RangeError)
})

test.run()
