import { inspect } from 'node:util'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, equal, fromBase64url, fromUtf8, readU16, toBase64url, u16 } from '../../src/lib/bytes.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { throws } from '../helpers/throws.ts'

const test = suite('bytes and secrets')

test('base64url is what Node writes, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64url(bytes)
      assert.is(text, Buffer.from(bytes).toString('base64url'))
      assert.equal(fromBase64url(text), bytes)
    }),
  )
})

test('base64url is refused unless it is the one form of its bytes', () => {
  const wrong = ['A', 'AB', 'AAF', 'AA==', 'A A', 'AAA\n', 'AA+A', 'AA/A', 'AAAé', 'AAAA=', '\u0000AAA']
  for (const text of wrong) throws(() => fromBase64url(text), 'malformed')
  throws(() => fromBase64url('AAAA', { length: 32 }), 'malformed')
})

test('no text decodes to bytes whose text is another', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AZaz09-_Q=+ '), maxLength: 9 }), (text) => {
      let bytes: Uint8Array
      try {
        bytes = fromBase64url(text)
      } catch {
        return
      }
      assert.is(toBase64url(bytes), text)
    }),
  )
})

test('text that is not UTF-8 is refused, and a byte order mark is kept', () => {
  throws(() => fromUtf8(Uint8Array.of(0xff)), 'malformed')
  throws(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), 'malformed')
  assert.is(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa')
})

test('integers are 16 bits, big-endian', () => {
  assert.equal(u16(0x0102), Uint8Array.of(1, 2))
  assert.is(readU16(Uint8Array.of(9, 0xff, 0xfe), 1), 0xfffe)
  throws(() => readU16(Uint8Array.of(1)), 'malformed')
  assert.throws(() => u16(65536), RangeError)
})

test('equality is by content, whatever the lengths', () => {
  assert.ok(equal(concat(Uint8Array.of(1), Uint8Array.of(2)), Uint8Array.of(1, 2)))
  assert.not(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))
  assert.not(equal(Uint8Array.of(1), Uint8Array.of(1, 2)))
})

test('a secret prints as its kind wherever it is put', () => {
  const bytes = new Uint8Array(32).fill(7)
  const secret = new Secret('session token', bytes)
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9 }),
  ]
  shown.push(inspect(secret, { showHidden: true, getters: true }), JSON.stringify([secret]))
  shown.push(new Error(`wrong: ${secret}`).message, Object.values(secret).join())
  for (const text of shown) {
    assert.not.match(text, secret.toText())
    assert.not.match(text, /7, ?7|0707/)
  }
  assert.is(`${secret}`, '[session token]')
})

test('a secret is 32 bytes, keeps its own copy, and can be wiped', () => {
  assert.throws(() => new Secret('session token', new Uint8Array(31)), RangeError)
  throws(() => Secret.fromText('session token', 'short'), 'malformed')
  const bytes = new Uint8Array(32).fill(7)
  const secret = new Secret('channel secret', bytes)
  bytes.fill(0)
  assert.is(secret.reveal()[0], 7)
  const held = secret.reveal()
  secret.wipe()
  assert.equal(held, new Uint8Array(32))
  // Zeros are a key that everybody knows: nothing may be sealed or opened with them.
  assert.throws(() => secret.reveal(), /used after it was wiped/)
  assert.throws(() => secret.toText(), /used after it was wiped/)
})

test.run()
