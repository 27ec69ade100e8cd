/** X25519 written out with BigInt (RFC 7748), all state in one buffer that is used again, and its own check for zeros. */
import { createHash } from 'node:crypto'
import {
  concat,
  equal,
  hkdf,
  open,
  type RandomBytes,
  type Secret,
  seal,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { Answered, Begun, Keys } from '../given.ts'

const P = 2n ** 255n - 19n
const A24 = 121_665n
const mod = (n: bigint) => ((n % P) + P) % P

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)]
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)

/** The ladder of RFC 7748 §5. */
function x25519(secretKey: Uint8Array, u: Uint8Array): Uint8Array {
  const clamped = Uint8Array.from(secretKey)
  clamped[0] = (clamped[0] ?? 0) & 248
  clamped[31] = ((clamped[31] ?? 0) & 127) | 64
  const k = number(clamped)
  const x1 = mod(number(u) & (2n ** 255n - 1n))
  let [x2, z2, x3, z3] = [1n, 0n, x1, 1n]
  for (let t = 254n; t >= 0n; t--) {
    const bit = (k >> t) & 1n
    if (bit) [x2, z2, x3, z3] = [x3, z3, x2, z2]
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3]
    const [aa, bb, da, cb] = [mod(a * a), mod(b * b), mod(d * a), mod(c * b)]
    const e = aa - bb
    x3 = mod((da + cb) ** 2n)
    z3 = mod(x1 * mod((da - cb) ** 2n))
    x2 = mod(aa * bb)
    z2 = mod(e * (aa + A24 * e))
    if (bit) [x2, z2, x3, z3] = [x3, z3, x2, z2]
  }
  const hex = mod(x2 * power(z2, P - 2n))
    .toString(16)
    .padStart(64, '0')
  return Uint8Array.from(Buffer.from(hex, 'hex').reverse())
}

const NINE = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0))

function shared(own: Uint8Array, theirs: Uint8Array): Uint8Array {
  const secret = x25519(own, theirs)
  if (equal(secret, new Uint8Array(32))) throw new SyntaxError('this key is a trap')
  return secret
}

/** h, ck and k, one after the other. */
class Memory {
  readonly #all = new Uint8Array(96)
  readonly h = this.#all.subarray(0, 32)
  readonly ck = this.#all.subarray(32, 64)
  readonly k = this.#all.subarray(64)

  constructor(ticket: Uint8Array, secret: Secret) {
    this.h.set(createHash('sha256').update('Noise_NNpsk0_25519_ChaChaPoly_SHA256').digest())
    this.ck.set(this.h)
    this.hear(utf8('symbolon/1 channel'), ticket)
    const out = hkdf(secret.reveal(), this.ck, '', 96)
    this.ck.set(out.subarray(0, 32))
    this.k.set(out.subarray(64))
    this.hear(out.subarray(32, 64))
  }

  hear(...parts: Uint8Array[]): void {
    this.h.set(
      createHash('sha256')
        .update(concat(this.h, ...parts))
        .digest(),
    )
  }

  stir(ikm: Uint8Array): void {
    this.#all.set(hkdf(ikm, this.ck, '', 64), 32)
  }

  point(publicKey: Uint8Array): void {
    this.hear(publicKey)
    this.stir(publicKey)
  }

  sealed(): Uint8Array {
    const tag = seal(this.k, ZERO_NONCE, this.h, new Uint8Array())
    this.hear(tag)
    return tag
  }

  opened(tag: Uint8Array): void {
    if (tag.length !== 16) throw new SyntaxError('16 bytes are a tag')
    open(this.k, ZERO_NONCE, this.h, tag)
    this.hear(tag)
  }

  /** What is left is wiped. */
  keys(isAlice: boolean): Keys {
    const out = hkdf(new Uint8Array(), this.ck, '', 64)
    const halves = [out.subarray(0, 32), out.subarray(32)] as const
    const hash = this.h.slice()
    this.#all.fill(0)
    return { hash, send: halves[isAlice ? 0 : 1], receive: halves[isAlice ? 1 : 0] }
  }
}

export function begin(secret: Secret, ticket: Uint8Array, randomBytes: RandomBytes): Begun {
  const memory = new Memory(ticket, secret)
  const own = randomBytes(32)
  const point = x25519(own, NINE)
  memory.point(point)
  const message1 = concat(point, memory.sealed())
  return {
    message1: () => message1.slice(),
    finish(message2) {
      const theirs = message2.subarray(0, 32)
      memory.point(theirs)
      memory.stir(shared(own, theirs))
      own.fill(0)
      memory.opened(message2.subarray(32))
      return memory.keys(true)
    },
  }
}

export function answer(
  secret: Secret,
  ticket: Uint8Array,
  message1: Uint8Array,
  randomBytes: RandomBytes,
): Answered {
  const own = randomBytes(32)
  const memory = new Memory(ticket, secret)
  const theirs = message1.subarray(0, 32)
  memory.point(theirs)
  memory.opened(message1.subarray(32))
  const point = x25519(own, NINE)
  memory.point(point)
  memory.stir(shared(own, theirs))
  own.fill(0)
  const message2 = concat(point, memory.sealed())
  return { message2, keys: memory.keys(false) }
}
