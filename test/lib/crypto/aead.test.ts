import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EMPTY, utf8 } from '../../../src/lib/bytes.ts'
import { open, seal, ZERO_NONCE } from '../../../src/lib/crypto/aead.ts'
import { throws } from '../../helpers/throws.ts'

const test = suite('aead')
const key = new Uint8Array(32).fill(1)

test('opens what it sealed, and nothing else', () => {
  const sealed = seal(key, ZERO_NONCE, EMPTY, utf8('hello'))
  assert.equal(open(key, ZERO_NONCE, EMPTY, sealed), utf8('hello'))
  throws(() => open(key, ZERO_NONCE, utf8('other'), sealed), 'decryption_failed')
  throws(() => open(new Uint8Array(32), ZERO_NONCE, EMPTY, sealed), 'decryption_failed')
})

test('gives one answer for bytes too short to hold a tag', () => {
  for (const length of [0, 1, 15]) {
    throws(() => open(key, ZERO_NONCE, EMPTY, new Uint8Array(length)), 'decryption_failed')
  }
})

test('takes keys and nonces of the right length only', () => {
  for (const length of [0, 16, 31, 33]) {
    assert.throws(() => seal(new Uint8Array(length), ZERO_NONCE, EMPTY, EMPTY), /expected 32 bytes/)
    assert.throws(() => open(new Uint8Array(length), ZERO_NONCE, EMPTY, EMPTY), /expected 32 bytes/)
  }
  for (const length of [8, 16, 24]) {
    assert.throws(() => seal(key, new Uint8Array(length), EMPTY, EMPTY), /expected 12 bytes/)
  }
})

test.run()
