/** What ts-mls is given in place of its own primitives. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ProtocolError } from '../../../../src/lib/errors.ts'
import { loadMls } from '../../../../src/lib/mls/rfc9420/suite.ts'

const test = suite('cipher suite')

test('many signatures in a row leave turns of the event loop to others', async () => {
  const { signature } = (await loadMls()).suite
  const message = Buffer.from('a leaf')
  const { signKey, publicKey } = await signature.keygen()
  const signed = await signature.sign(signKey, message)
  let turns = 0
  let going = true
  const count = () => {
    turns++
    if (going) setImmediate(count)
  }
  setImmediate(count)
  for (let verified = 0; verified < 150; verified++) {
    assert.ok(await signature.verify(publicKey, message, signed))
  }
  going = false
  assert.ok(turns >= 2, `${turns} turns`)
})

test('a ciphertext that does not open, or is shorter than a tag, is an error of MLS and none of ours', async () => {
  const { hpke } = (await loadMls()).suite
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12)]
  const sealed = await hpke.encryptAead(key, nonce, undefined, Buffer.from('hello'))
  assert.is(Buffer.from(await hpke.decryptAead(key, nonce, undefined, sealed)).toString(), 'hello')
  for (const wrong of [
    sealed.slice(0, -1),
    sealed.slice(0, 15),
    new Uint8Array(0),
    sealed.map((byte) => byte ^ 1),
  ]) {
    const error = await hpke.decryptAead(key, nonce, undefined, wrong).then(
      () => undefined,
      (reason) => reason,
    )
    assert.instance(error, Error)
    assert.not.instance(error, ProtocolError)
  }
})

test.run()
