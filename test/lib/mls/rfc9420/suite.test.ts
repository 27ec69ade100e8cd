/** The cipher suite as ts-mls calls it: what is right is taken, and nothing else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadMls } from '../../../../src/lib/mls/rfc9420/suite.ts'

const test = suite('MLS cipher suite')

const KEY = new Uint8Array(32).fill(1)
const DATA = new Uint8Array(40).fill(2)

/** The same, with one bit of one byte changed; and without the last byte. */
function wrongs(bytes: Uint8Array): Uint8Array[] {
  const changed = Array.from(bytes, (_, at) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)))
  return [...changed, bytes.subarray(0, -1), new Uint8Array(0)]
}

test('a tag is compared, all of it', async () => {
  const { hash } = (await loadMls()).suite
  const tag = await hash.mac(KEY, DATA)
  assert.is(tag.length, 32)
  assert.ok(await hash.verifyMac(KEY, tag, DATA))
  for (const wrong of wrongs(tag)) assert.not.ok(await hash.verifyMac(KEY, wrong, DATA))
  assert.not.ok(await hash.verifyMac(KEY, tag, DATA.subarray(1)))
  assert.not.ok(await hash.verifyMac(DATA, tag, DATA))
})

test('a signature is judged, all of it', async () => {
  const { signature } = (await loadMls()).suite
  const { signKey, publicKey } = await signature.keygen()
  const signed = await signature.sign(signKey, DATA)
  assert.ok(await signature.verify(publicKey, DATA, signed))
  for (const wrong of wrongs(signed)) assert.not.ok(await signature.verify(publicKey, DATA, wrong))
  assert.not.ok(await signature.verify(publicKey, DATA.subarray(1), signed))
  assert.not.ok(await signature.verify((await signature.keygen()).publicKey, DATA, signed))
})

test('what is sealed opens as it was, or not at all', async () => {
  const { CryptoError, suite } = await loadMls()
  const nonce = new Uint8Array(12)
  const sealed = await suite.hpke.encryptAead(KEY, nonce, DATA, DATA)
  assert.equal(await suite.hpke.decryptAead(KEY, nonce, DATA, sealed), DATA)
  const opened = (aad: Uint8Array | undefined, bytes: Uint8Array) =>
    suite.hpke.decryptAead(KEY, nonce, aad, bytes).catch((error: unknown) => error)
  for (const wrong of wrongs(sealed)) assert.instance(await opened(DATA, wrong), CryptoError)
  assert.instance(await opened(undefined, sealed), CryptoError)
})

test.run()
