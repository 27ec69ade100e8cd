import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { noble } from '../../../src/lib/crypto/primitives/noble.ts'
import { node } from '../../../src/lib/crypto/primitives/node.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const toHex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

const test = suite('primitives: node and noble')

for (const [name, primitives] of Object.entries({ node, noble })) {
  test(`${name}: seals the example of RFC 8439 §2.8.2`, () => {
    const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
    const nonce = hex('070000004041424344454647')
    const aad = hex('50515253c0c1c2c3c4c5c6c7')
    const text =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    const sealed = primitives.seal({ bytes: key }, nonce, aad, Buffer.from(text))
    assert.is(toHex(sealed.slice(0, 16)), 'd31a8d34648e60db7b86afbc53ef7ec2')
    assert.is(toHex(sealed.slice(-16)), '1ae10b594f09e26a7e902ecbd0600691')
    assert.is(Buffer.from(primitives.open({ bytes: key }, nonce, aad, sealed) ?? []).toString(), text)
  })

  test(`${name}: derives test cases 1 and 3 of RFC 5869 appendix A`, () => {
    const ikm = hex('0b'.repeat(22))
    const one = primitives.hkdf(ikm, hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9'), 42)
    assert.is(
      toHex(one),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    )
    const three = primitives.hkdf(ikm, hex(''), hex(''), 42)
    assert.is(
      toHex(three),
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
  })

  test(`${name}: takes the two steps of test cases 1 and 2 of RFC 5869 appendix A`, () => {
    const prk = primitives.hmac(hex('000102030405060708090a0b0c'), hex('0b'.repeat(22)))
    assert.is(toHex(prk), '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5')
    assert.is(
      toHex(primitives.hkdfExpand(prk, hex('f0f1f2f3f4f5f6f7f8f9'), 42)),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    )
    const long = hex('06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244')
    const info = Uint8Array.from({ length: 80 }, (_, i) => 0xb0 + i)
    assert.is(
      toHex(primitives.hkdfExpand(long, info, 82)),
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    )
  })

  test(`${name}: agrees on the shared secret of RFC 7748 §6.1`, () => {
    const bob = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
    const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    assert.is(
      toHex(primitives.x25519(bob).publicKey),
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    )
    assert.is(
      toHex(primitives.x25519(bob).agree(alicePublic)),
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
    )
  })

  test(`${name}: signs tests 2 and 3 of RFC 8032 §7.1, and refuses all else`, () => {
    const examples = [
      [
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
    ] as const
    for (const [secretKey, publicKey, message, signature] of examples) {
      const pkcs8 = hex(`302e020100300506032b657004220420${secretKey}`)
      for (const key of [hex(secretKey), pkcs8]) {
        assert.is(toHex(primitives.sign(key, hex(message))), signature)
      }
      const right = [hex(publicKey), hex(message), hex(signature)] as const
      assert.is(primitives.verify(...right), true)
      for (const part of right.keys()) {
        for (let bit = 0; bit < (right[part] as Uint8Array).length * 8; bit += 7) {
          const wrong = right.map((bytes) => bytes.slice()) as [Uint8Array, Uint8Array, Uint8Array]
          const bytes = wrong[part] as Uint8Array
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          assert.is(primitives.verify(...wrong), false, `part ${part}, bit ${bit}`)
        }
        const short = right.map((bytes, i) => (i === part ? bytes.slice(1) : bytes))
        assert.is(primitives.verify(...(short as [Uint8Array, Uint8Array, Uint8Array])), false)
      }
    }
  })

  test(`${name}: checks signatures meanwhile as at once, also of keys that it has seen`, async () => {
    const secretKey = new Uint8Array(32).fill(5)
    const message = Uint8Array.of(1, 2, 3)
    const publicKey = hex('6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1')
    const signature = primitives.sign(secretKey, message)
    const wrong = signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    for (let again = 0; again < 2; again++) {
      assert.is(primitives.verify(publicKey, message, signature), true)
      assert.is(await primitives.verifyMeanwhile(publicKey, message, signature), true)
      assert.is(await primitives.verifyMeanwhile(publicKey, message, wrong), false)
      assert.is(await primitives.verifyMeanwhile(publicKey, message, signature.slice(1)), false)
      assert.is(await primitives.verifyMeanwhile(publicKey.slice(1), message, signature), false)
      // What anyone could make, under a key of small order.
      const none = Uint8Array.of(1, ...new Uint8Array(31))
      const forged = Uint8Array.of(1, ...new Uint8Array(63))
      assert.is(await primitives.verifyMeanwhile(none, message, forged), false)
    }
    // More keys than are remembered.
    for (let key = 0; key < 200; key++)
      assert.is(
        primitives.verify(Uint8Array.of(key, ...publicKey.slice(1)), message, signature),
        key === publicKey[0],
      )
  })

  test(`${name}: takes no signature under a key of small order, of which anyone could make one`, () => {
    const points = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ].flatMap((text) => {
      const point = hex(text)
      return [point, point.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte))]
    })
    // R of small order, and S nothing: OpenSSL takes it for one message in eight, or more.
    for (const key of points) {
      for (const r of points) {
        for (let i = 0; i < 16; i++) {
          const forged = Uint8Array.from([...r, ...new Uint8Array(32)])
          assert.not.ok(primitives.verify(key, Uint8Array.of(i), forged), `${toHex(key)}, ${toHex(r)}, ${i}`)
        }
      }
    }
  })

  test(`${name}: derives 255 blocks at most, for with more of them they would come again`, () => {
    const key = new Uint8Array(32)
    assert.is(primitives.hkdfExpand(key, key, 255 * 32).length, 255 * 32)
    assert.throws(() => primitives.hkdfExpand(key, key, 255 * 32 + 1))
  })

  test(`${name}: refuses public keys of small order, which give an all-zero secret`, () => {
    const secretKey = randomBytes(32)
    const smallOrder = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ]
    for (const point of smallOrder)
      assert.is(primitives.x25519(secretKey).agree(hex(point)), undefined, point)
  })
}

test('both seal alike, and each opens what the other sealed', () => {
  const sizes = fc.integer({ min: 0, max: 2000 }).chain(bytes)
  fc.assert(
    fc.property(bytes(32), bytes(12), sizes, sizes, (key, nonce, aad, plaintext) => {
      const sealed = node.seal({ bytes: key }, nonce, aad, plaintext)
      assert.is(toHex(noble.seal({ bytes: key }, nonce, aad, plaintext)), toHex(sealed))
      assert.is(toHex(noble.open({ bytes: key }, nonce, aad, sealed)), toHex(plaintext))
      assert.is(toHex(node.open({ bytes: key }, nonce, aad, sealed)), toHex(plaintext))
    }),
    { numRuns: 50 },
  )
})

test('both refuse any changed bit, a shortened tag, another nonce, another aad', () => {
  const [key, nonce, aad] = [randomBytes(32), randomBytes(12), randomBytes(5)]
  const sealed = node.seal({ bytes: key }, nonce, aad, Buffer.from('hello'))
  for (const primitives of [node, noble]) {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.is(primitives.open({ bytes: key }, nonce, aad, changed), undefined, `bit ${bit}`)
    }
    for (let length = 16; length < sealed.length; length++) {
      assert.is(primitives.open({ bytes: key }, nonce, aad, sealed.subarray(0, length)), undefined)
    }
    assert.is(primitives.open({ bytes: key }, randomBytes(12), aad, sealed), undefined)
    assert.is(primitives.open({ bytes: key }, nonce, new Uint8Array(0), sealed), undefined)
  }
})

test('both derive, hash and agree alike', () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), fc.uint8Array({ maxLength: 100 }), (a, b, info) => {
      assert.is(toHex(node.hkdf(a, b, info, 64)), toHex(noble.hkdf(a, b, info, 64)))
      assert.is(toHex(node.sha256(a, info, b)), toHex(noble.sha256(a, info, b)))
      for (const salt of [a, info]) assert.is(toHex(node.hmac(salt, b)), toHex(noble.hmac(salt, b)))
      assert.is(toHex(node.hkdfExpand(a, info, 100)), toHex(noble.hkdfExpand(a, info, 100)))
      for (const { createSha256 } of [node, noble]) {
        const hash = createSha256()
        for (const part of [a, info, b]) hash.update(part)
        assert.is(toHex(hash.digest()), toHex(node.sha256(a, info, b)))
      }
      const [publicA, publicB] = [node.x25519(a).publicKey, noble.x25519(b).publicKey]
      assert.is(toHex(noble.x25519(a).publicKey), toHex(publicA))
      const shared = toHex(node.x25519(a).agree(publicB))
      assert.is(toHex(noble.x25519(a).agree(publicB)), shared)
      assert.is(toHex(noble.x25519(b).agree(publicA)), shared)
    }),
    { numRuns: 20 },
  )
})

test('errors have their stack traces again after a key was imported, or could not be', () => {
  const before = Error.stackTraceLimit
  node.x25519(randomBytes(32)).agree(randomBytes(32))
  assert.is(Error.stackTraceLimit, before)
  assert.throws(() => node.x25519(randomBytes(31)))
  assert.throws(() => node.x25519().agree(randomBytes(31)))
  assert.is(Error.stackTraceLimit, before)
})

test('fresh key pairs differ, and agree with one another, whoever made them', () => {
  const pairs = [node, node, noble, noble].map(({ x25519 }) => x25519())
  const publicKeys = pairs.map(({ publicKey }) => toHex(publicKey))
  assert.is(new Set(publicKeys).size, pairs.length)
  const shared = new Set<string | undefined>()
  for (const [i, ours] of pairs.entries()) {
    assert.is(ours.publicKey.length, 32)
    for (const theirs of pairs.slice(i + 1)) {
      const secret = ours.agree(theirs.publicKey)
      assert.is(secret?.length, 32)
      assert.is(toHex(secret), toHex(theirs.agree(ours.publicKey)))
      shared.add(toHex(secret))
    }
  }
  assert.is(shared.size, 6)
})

for (const [name, { x25519 }] of Object.entries({ node, noble })) {
  test(`${name}: a key pair cannot be used after it was destroyed, a fresh one or a given one`, () => {
    for (const secretKey of [undefined, randomBytes(32)]) {
      const given = secretKey && Uint8Array.from(secretKey)
      const pair = x25519(secretKey)
      const { publicKey } = x25519()
      pair.destroy()
      assert.throws(() => pair.agree(publicKey), /used after it was destroyed/)
      pair.destroy()
      // The bytes are the caller's, to wipe or to keep.
      assert.equal(secretKey && Uint8Array.from(secretKey), given)
    }
  })

  test(`${name}: a key pair does not change with the bytes that it was made from`, () => {
    const secretKey = randomBytes(32)
    const { publicKey } = x25519()
    const [kept, pair] = [x25519(Uint8Array.from(secretKey)), x25519(secretKey)]
    secretKey.fill(0)
    assert.is(toHex(pair.agree(publicKey)), toHex(kept.agree(publicKey)))
  })
}

test.run()
