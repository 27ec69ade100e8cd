/** With plain functions that return the next state, HMAC instead of the library's HKDF, and key objects made by Node. */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  timingSafeEqual,
} from 'node:crypto'
import type { Answer, Begin } from '../given.ts'

type State = { h: Buffer; ck: Buffer; k: Buffer }

class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
}

const mac = (key: Buffer, ...parts: Uint8Array[]) =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest()
const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

function chain(ck: Buffer, ikm: Uint8Array): [Buffer, Buffer, Buffer] {
  const prk = mac(ck, ikm)
  const one = mac(prk, Buffer.from([1]))
  const two = mac(prk, one, Buffer.from([2]))
  return [one, two, mac(prk, two, Buffer.from([3]))]
}

const hashed = (state: State, data: Uint8Array): State => ({ ...state, h: hash(state.h, data) })
const keyed = (state: State, ikm: Uint8Array): State => {
  const [ck, k] = chain(state.ck, ikm)
  return { ...state, ck, k }
}
const said = (state: State, publicKey: Uint8Array) => keyed(hashed(state, publicKey), publicKey)

function begun(ticket: Uint8Array, psk: Uint8Array): State {
  const h = hash(Buffer.from('Noise_NNpsk0_25519_ChaChaPoly_SHA256'))
  const state = hashed({ h, ck: h, k: h }, Buffer.concat([Buffer.from('symbolon/1 channel'), ticket]))
  const [ck, more, k] = chain(state.ck, psk)
  return hashed({ ...state, ck, k }, more)
}

function tagOf({ k, h }: State): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', k, Buffer.alloc(12), { authTagLength: 16 })
  cipher.setAAD(h, { plaintextLength: 0 })
  cipher.final()
  return cipher.getAuthTag()
}

function checked(state: State, tag: Uint8Array): State {
  if (tag.length !== 16 || !timingSafeEqual(tagOf(state), tag)) throw new HandshakeError('refused')
  return hashed(state, tag)
}

function pairFrom(seed: Uint8Array) {
  const key = { kty: 'OKP', crv: 'X25519', d: Buffer.from(seed).toString('base64url'), x: '' }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { privateKey, bytes: Buffer.from(x, 'base64url') }
}

function dh(privateKey: ReturnType<typeof pairFrom>['privateKey'], theirs: Uint8Array): Buffer {
  const x = Buffer.from(theirs).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
  try {
    return diffieHellman({ privateKey, publicKey })
  } catch {
    throw new HandshakeError('refused')
  }
}

export const begin: Begin = (secret, ticket, randomBytes) => {
  randomBytes(7)
  const pair = pairFrom(Buffer.concat([randomBytes(16), randomBytes(16)]).reverse())
  const first = said(begun(ticket, secret.reveal()), pair.bytes)
  const tag = tagOf(first)
  return {
    message1: () => Buffer.concat([pair.bytes, tag]),
    finish(message2) {
      const theirs = message2.subarray(0, 32)
      if (theirs.length < 32) throw new HandshakeError('refused')
      const second = keyed(said(hashed(first, tag), theirs), dh(pair.privateKey, theirs))
      const { ck, h } = checked(second, message2.subarray(32))
      const [send, receive] = chain(ck, new Uint8Array())
      return { hash: h, receive, send }
    },
  }
}

export const answer: Answer = (secret, ticket, message1, randomBytes) => {
  const pair = pairFrom(randomBytes(32))
  const theirs = message1.subarray(0, 32)
  const read = checked(said(begun(ticket, secret.reveal()), theirs), message1.subarray(32))
  const second = keyed(said(read, pair.bytes), dh(pair.privateKey, theirs))
  const tag = tagOf(second)
  const [receive, send] = chain(second.ck, new Uint8Array())
  return { keys: { send, receive, hash: hash(second.h, tag) }, message2: Buffer.concat([pair.bytes, tag]) }
}
