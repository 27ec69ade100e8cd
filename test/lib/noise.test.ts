/** Noise handshakes beyond what the vectors say: vectors.test.ts has those. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { secureRandomBytes } from '../../src/lib/crypto/random.ts'
import { generateKeyPair } from '../../src/lib/crypto/x25519.ts'
import { CipherState, HandshakeState, NNpsk0, SymmetricState } from '../../src/lib/noise.ts'
import { throws } from '../helpers/throws.ts'

const noise = suite('Noise')

const PSK = new Uint8Array(32).fill(7)

function handshake(initiator: boolean, psk = PSK): HandshakeState {
  return new HandshakeState({ pattern: NNpsk0, prologue: new Uint8Array(0), psk, initiator })
}

const notTheMoment = (act: () => unknown) => assert.throws(act, /not the moment/)

noise('after a message that is refused the handshake is over: nothing more is read or written', () => {
  const message = handshake(true).writeMessage()
  for (const damaged of [
    message.slice(1),
    message.with(40, 1 + (message[40] ?? 0)),
    new Uint8Array(0),
    new Uint8Array(65_536),
    handshake(true, PSK.with(0, 1)).writeMessage(),
  ]) {
    const bob = handshake(false)
    throws(() => bob.readMessage(damaged), 'handshake_failed')
    notTheMoment(() => bob.readMessage(message))
    notTheMoment(() => bob.writeMessage())
    assert.is(bob.transport, undefined)
  }
})

noise('the same at the other end', () => {
  const [alice, bob] = [handshake(true), handshake(false)]
  bob.readMessage(alice.writeMessage())
  const answer = bob.writeMessage()
  throws(() => alice.readMessage(answer.with(0, 1 ^ (answer[0] ?? 0))), 'handshake_failed')
  notTheMoment(() => alice.readMessage(answer))
  notTheMoment(() => alice.writeMessage())
  assert.is(alice.transport, undefined)
})

noise('each side has its turn, and after the last message there is none', () => {
  const [alice, bob] = [handshake(true), handshake(false)]
  notTheMoment(() => bob.writeMessage())
  notTheMoment(() => alice.readMessage(new Uint8Array(48)))
  const message = alice.writeMessage()
  notTheMoment(() => alice.writeMessage())
  bob.readMessage(message)
  notTheMoment(() => bob.readMessage(message))
  alice.readMessage(bob.writeMessage())
  for (const side of [alice, bob]) {
    assert.ok(side.transport)
    notTheMoment(() => side.writeMessage())
    notTheMoment(() => side.readMessage(message))
  }
})

noise('a message is at most 65535 bytes long', () => {
  // A key and a tag are in it, too.
  const room = 65_535 - 32 - 16
  assert.is(handshake(true).writeMessage(new Uint8Array(room)).length, 65_535)
  assert.throws(
    () => handshake(true).writeMessage(new Uint8Array(room + 1)),
    /at most 65535 bytes, got 65536/,
  )
})

noise('a longer one is refused though its tag is right', () => {
  // Message 1 of NNpsk0, by the specification: psk, e, payload.
  const write = (payload: Uint8Array) => {
    const symmetric = new SymmetricState('Noise_NNpsk0_25519_ChaChaPoly_SHA256')
    symmetric.mixHash(new Uint8Array(0))
    symmetric.mixKeyAndHash(PSK)
    const { publicKey } = generateKeyPair(secureRandomBytes)
    symmetric.mixHash(publicKey)
    symmetric.mixKey(publicKey)
    return Buffer.concat([publicKey, symmetric.encryptAndHash(payload)])
  }
  const room = 65_535 - 32 - 16
  assert.is(handshake(false).readMessage(write(new Uint8Array(room))).length, room)
  throws(() => handshake(false).readMessage(write(new Uint8Array(room + 1))), 'handshake_failed')
})

noise('there is no handshake without a key, or with one of another length', () => {
  const common = { pattern: NNpsk0, prologue: new Uint8Array(0), initiator: true }
  assert.throws(() => new HandshakeState(common), /needs a pre-shared key/)
  for (const length of [0, 31, 33]) {
    assert.throws(() => new HandshakeState({ ...common, psk: new Uint8Array(length) }), /expected 32 bytes/)
  }
})

noise('a message that is too short for what the pattern puts into it is refused as any other', () => {
  const symmetric = new SymmetricState('Noise_NN_25519_ChaChaPoly_SHA256')
  assert.not(symmetric.hasKey)
  // Without a key nothing is sealed: only the length tells that there is no whole ephemeral key.
  const pattern = { name: 'NN', messages: [['e'], ['e', 'ee']] } as const
  const alice = new HandshakeState({ pattern, prologue: new Uint8Array(0), initiator: true })
  const bob = () => new HandshakeState({ pattern, prologue: new Uint8Array(0), initiator: false })
  const message = alice.writeMessage()
  assert.is(message.length, 32)
  assert.is(bob().readMessage(message).length, 0)
  for (const length of [0, 1, 31]) {
    const reading = bob()
    throws(() => reading.readMessage(message.subarray(0, length)), 'handshake_failed')
    notTheMoment(() => reading.writeMessage())
  }
})

noise('a pattern does not begin without the keys that it knows beforehand', () => {
  const pattern = { name: 'KN', initiatorPreMessage: ['s'], messages: [['e'], ['e', 'ee', 'se']] } as const
  const common = { pattern, prologue: new Uint8Array(0) }
  for (const initiator of [true, false]) {
    assert.throws(() => new HandshakeState({ ...common, initiator }), /this pattern needs s/)
  }
})

noise('a cipher without a key passes data through, and has no key to replace', () => {
  const cipher = new CipherState()
  const data = Uint8Array.of(1, 2, 3)
  assert.equal(cipher.encryptWithAd(new Uint8Array(0), data), data)
  assert.equal(cipher.decryptWithAd(new Uint8Array(0), data), data)
  assert.equal(cipher.encryptInParts(data), [data])
  assert.throws(() => cipher.rekey(), /no key to replace/)
})

noise('a cipher that was destroyed seals and opens nothing, rather than under a key of zeros', () => {
  const nothing = new Uint8Array(0)
  const sealed = new CipherState(new Uint8Array(32)).encryptWithAd(nothing, Uint8Array.of(1))
  const cipher = new CipherState(new Uint8Array(32))
  cipher.destroy()
  assert.throws(() => cipher.encryptWithAd(nothing, Uint8Array.of(1)), /destroyed, or out of nonces/)
  assert.throws(() => cipher.encryptInParts(Uint8Array.of(1)), /destroyed, or out of nonces/)
  assert.throws(() => cipher.decryptWithAd(nothing, sealed), /destroyed, or out of nonces/)
})

noise.run()
