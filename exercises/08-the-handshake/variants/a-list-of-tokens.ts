/** The handshake as Noise writes it: a list of tokens that one machine works through; promises, and keys made by Node. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto'
import { concat, open, type RandomBytes, type Secret, seal } from 'symbolon/protocol'
import type { Keys } from '../given.ts'

const TOKENS = [
  ['psk', 'e'],
  ['e', 'ee'],
] as const
type Token = (typeof TOKENS)[number][number]

const text = (of: string) => new TextEncoder().encode(of)
const digest = async (bytes: Uint8Array) =>
  new Uint8Array(await webcrypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))

class Refusal extends Error {
  override name = 'Refusal'
}

interface Party {
  readonly secret: Secret
  readonly random: RandomBytes
  own?: KeyObject
  theirs?: KeyObject
  h: Uint8Array
  ck: Uint8Array
  k: Uint8Array
}

const jwk = (x: Uint8Array) => ({ kty: 'OKP', crv: 'X25519', x: Buffer.from(x).toString('base64url') })

function stretched(party: Party, ikm: Uint8Array, count: number): Uint8Array[] {
  const out = new Uint8Array(hkdfSync('sha256', ikm, party.ck, '', 32 * count))
  return Array.from({ length: count }, (_, i) => out.slice(32 * i, 32 * i + 32))
}

async function party(secret: Secret, ticket: Uint8Array, random: RandomBytes): Promise<Party> {
  const name = await digest(text('Noise_NNpsk0_25519_ChaChaPoly_SHA256'))
  const h = await digest(concat(name, text('symbolon/1 channel'), ticket))
  return { secret, random, h, ck: name, k: name }
}

function mixKey(one: Party, ikm: Uint8Array): void {
  const [ck = ikm, k = ikm] = stretched(one, ikm, 2)
  Object.assign(one, { ck, k })
}

const mix = async (one: Party, data: Uint8Array) => {
  one.h = await digest(concat(one.h, data))
}

/** Works through one token; what it adds to a message, or takes from one. */
const STEPS: Record<Token, (one: Party, message: Uint8Array | undefined) => Promise<Uint8Array>> = {
  async psk(one) {
    const [ck = one.ck, more = one.ck, k = one.k] = stretched(one, one.secret.reveal(), 3)
    await mix(one, more)
    Object.assign(one, { ck, k })
    return new Uint8Array()
  },
  async e(one, message) {
    let bytes = message?.slice(0, 32)
    if (bytes) one.theirs = createPublicKey({ key: jwk(bytes), format: 'jwk' })
    else {
      const d = Buffer.from(one.random(32)).toString('base64url')
      one.own = createPrivateKey({ key: { ...jwk(new Uint8Array()), d }, format: 'jwk' })
      bytes = Buffer.from(String(createPublicKey(one.own).export({ format: 'jwk' }).x), 'base64url')
    }
    await mix(one, bytes)
    mixKey(one, bytes)
    return bytes
  },
  async ee(one) {
    const { own: privateKey, theirs: publicKey } = one
    if (!privateKey || !publicKey) throw new Refusal('too early')
    mixKey(one, diffieHellman({ privateKey, publicKey }))
    return new Uint8Array()
  },
}

async function written(one: Party, tokens: readonly Token[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const token of tokens) parts.push(await STEPS[token](one, undefined))
  parts.push(seal(one.k, new Uint8Array(12), one.h, new Uint8Array()))
  await mix(one, parts.at(-1) as Uint8Array)
  return concat(...parts)
}

async function read(one: Party, tokens: readonly Token[], message: Uint8Array): Promise<void> {
  if (message.byteLength !== 48) throw new Refusal('not 48 bytes')
  try {
    for (const token of tokens) await STEPS[token](one, message)
    open(one.k, new Uint8Array(12), one.h, message.slice(32))
    await mix(one, message.slice(32))
  } catch {
    throw new Refusal('not from there')
  }
}

function keys(one: Party, isAlice: boolean): Keys {
  const [first = one.k, second = one.k] = stretched(one, new Uint8Array(), 2)
  return isAlice
    ? { send: first, receive: second, hash: one.h }
    : { send: second, receive: first, hash: one.h }
}

export function begin(secret: Secret, ticket: Uint8Array, random: RandomBytes) {
  const alice = party(secret, ticket, random)
  const first = alice.then((one) => written(one, TOKENS[0]))
  return {
    message1: () => first,
    async finish(message2: Uint8Array): Promise<Keys> {
      await first
      const one = await alice
      await read(one, TOKENS[1], message2)
      return keys(one, true)
    },
  }
}

export async function answer(secret: Secret, ticket: Uint8Array, message1: Uint8Array, random: RandomBytes) {
  const bob = await party(secret, ticket, random)
  await read(bob, TOKENS[0], message1)
  return { message2: await written(bob, TOKENS[1]), keys: keys(bob, false) }
}
