/**
 * How the grader looks at a handshake: what else than NNpsk0 a message may be made by, and what one can compute who has recorded it
 * and learned the secret.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { concat, EMPTY, equal, hkdf, open, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'

export const KEY_BYTES = 32
export const MESSAGE_BYTES = 48
const NAME = 'Noise_NNpsk0_25519_ChaChaPoly_SHA256'
const LABEL = 'symbolon/1 channel'

const SECRET_KEY = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_KEY = Buffer.from('302a300506032b656e032100', 'hex')

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())
const privateKey = (secretKey: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([SECRET_KEY, secretKey]), format: 'der', type: 'pkcs8' })

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const file = createPublicKey(privateKey(secretKey)).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(file.subarray(PUBLIC_KEY.length))
}

/** @returns nothing where X25519 gives zeros. */
export function agree(secretKey: Uint8Array, theirs: Uint8Array): Uint8Array | undefined {
  const publicKey = createPublicKey({
    key: Buffer.concat([PUBLIC_KEY, theirs]),
    format: 'der',
    type: 'spki',
  })
  try {
    return Uint8Array.from(diffieHellman({ privateKey: privateKey(secretKey), publicKey }))
  } catch {
    return undefined
  }
}

/** Public keys for which X25519 gives zeros with every secret key: RFC 7748 §6.1. */
export const SMALL_ORDER: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((text) => Uint8Array.from(Buffer.from(text, 'hex')))

/** What the two sides carry along. */
class State {
  h: Uint8Array
  ck: Uint8Array
  k: Uint8Array = new Uint8Array(KEY_BYTES)

  constructor(first: Uint8Array) {
    this.h = first
    this.ck = first
  }

  mixHash(data: Uint8Array): void {
    this.h = sha256(concat(this.h, data))
  }

  mixKey(ikm: Uint8Array): void {
    const out = hkdf(ikm, this.ck, EMPTY, 64)
    this.ck = out.slice(0, 32)
    this.k = out.slice(32)
  }

  mixKeyAndHash(ikm: Uint8Array): void {
    const out = hkdf(ikm, this.ck, EMPTY, 96)
    this.ck = out.slice(0, 32)
    this.mixHash(out.slice(32, 64))
    this.k = out.slice(64)
  }
}

/** What a handshake is made of, as far as it is known. */
export interface Known {
  readonly psk: Uint8Array
  readonly ticket: Uint8Array
  readonly e1: Uint8Array
  readonly e2?: Uint8Array
  readonly shared?: Uint8Array | undefined
}

/** How each step is done; what is left out is done as the specification says. */
interface Way {
  first?(): Uint8Array
  prologue?(ticket: Uint8Array): Uint8Array
  psk?(state: State, psk: Uint8Array): void
  /** A public key: the first or the second. */
  e?(state: State, publicKey: Uint8Array, which: 1 | 2): void
  ee?(state: State, known: Known): void
  aad?(state: State): Uint8Array
  said?(state: State, tag: Uint8Array, which: 1 | 2): void
  split?(state: State, known: Known, before: Uint8Array): Uint8Array
}

export interface Made {
  readonly tag1: Uint8Array
  readonly tag2: Uint8Array
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
  readonly hash: Uint8Array
}

/** Both tags and the keys of a handshake that is made in this way. */
export function made(known: Known, way: Way = {}): Made {
  const state = new State(way.first?.() ?? sha256(utf8(NAME)))
  state.mixHash(way.prologue?.(known.ticket) ?? concat(utf8(LABEL), known.ticket))
  const e = (publicKey: Uint8Array, which: 1 | 2) => {
    if (way.e) return way.e(state, publicKey, which)
    state.mixHash(publicKey)
    state.mixKey(publicKey)
  }
  const tag = (which: 1 | 2) => {
    const sealed = seal(state.k, ZERO_NONCE, way.aad?.(state) ?? state.h, EMPTY)
    if (way.said) way.said(state, sealed, which)
    else state.mixHash(sealed)
    return sealed
  }
  if (way.psk) way.psk(state, known.psk)
  else state.mixKeyAndHash(known.psk)
  e(known.e1, 1)
  const tag1 = tag(1)
  if (known.e2) e(known.e2, 2)
  const before = state.ck
  if (way.ee) way.ee(state, known)
  else if (known.shared) state.mixKey(known.shared)
  const tag2 = tag(2)
  const out = way.split?.(state, known, before) ?? hkdf(EMPTY, state.ck, EMPTY, 64)
  return { tag1, tag2, initiator: out.slice(0, 32), responder: out.slice(32, 64), hash: state.h }
}

type Ways = Readonly<Record<string, Way>>

/** Ways that show in message 1 already. */
const WRONG_FIRST: Ways = {
  'without the ticket in the prologue': { prologue: () => utf8(LABEL) },
  'without "symbolon/1 channel" in the prologue': { prologue: (ticket) => ticket },
  'without a prologue': { prologue: () => EMPTY },
  'with the prologue the wrong way round, the ticket first': { prologue: (t) => concat(t, utf8(LABEL)) },
  'with the length of the ticket in the prologue': {
    prologue: (t) => concat(utf8(LABEL), Uint8Array.of(t.length >> 8, t.length & 0xff), t),
  },
  'with the ticket in base64url in the prologue': {
    prologue: (t) => concat(utf8(LABEL), utf8(toBase64url(t))),
  },
  'with the first 32 bytes of the protocol name, not its hash': { first: () => utf8(NAME).slice(0, 32) },
  'with the name Noise_NN_25519_ChaChaPoly_SHA256': {
    first: () => utf8('Noise_NN_25519_ChaChaPoly_SHA256'),
  },
  'with h = 32 zero bytes at the beginning': { first: () => new Uint8Array(32) },
  'without the secret': { psk: () => {} },
  'with mixKey of the secret: 64 bytes of HKDF in place of 96, and nothing for mixHash': {
    psk: (state, psk) => state.mixKey(psk),
  },
  'with the second and third 32 bytes of the psk step exchanged': {
    psk(state, psk) {
      const out = hkdf(psk, state.ck, EMPTY, 96)
      state.ck = out.slice(0, 32)
      state.mixHash(out.slice(64))
      state.k = out.slice(32, 64)
    },
  },
  'with the secret itself as the key of the tag, and no chain': {
    psk(state, psk) {
      state.k = psk
    },
    e(state, publicKey) {
      state.mixHash(publicKey)
    },
  },
  'with the secret in base64url': { psk: (state, psk) => state.mixKeyAndHash(utf8(toBase64url(psk))) },
  'with the secret in mixHash alone': { psk: (state, psk) => state.mixHash(psk) },
  'without mixKey of the public keys (needed where there is a psk)': {
    e: (state, publicKey) => state.mixHash(publicKey),
  },
  'without mixHash of the public keys': { e: (state, publicKey) => state.mixKey(publicKey) },
  'with mixKey of the public keys before mixHash of the secret': {
    psk: () => {},
    e(state, publicKey) {
      state.mixHash(publicKey)
      state.mixKey(publicKey)
    },
  },
  'with an empty aad: the tag is not over h': { aad: () => EMPTY },
  'with ck as the aad: it must be h': { aad: (state) => state.ck },
  'with ikm and salt of HKDF exchanged': {
    psk(state, psk) {
      const out = hkdf(state.ck, psk, EMPTY, 96)
      state.ck = out.slice(0, 32)
      state.mixHash(out.slice(32, 64))
      state.k = out.slice(64)
    },
    e(state, publicKey) {
      state.mixHash(publicKey)
      const out = hkdf(state.ck, publicKey, EMPTY, 64)
      state.ck = out.slice(0, 32)
      state.k = out.slice(32)
    },
  },
}

/** Ways without Diffie-Hellman: who knows the secret, and has heard all, can do the same. */
const WITHOUT_EE: Ways = {
  'without ee: nothing of Diffie-Hellman is in it': { ee: () => {} },
  "with alice's public key in place of what Diffie-Hellman gives": {
    ee: (state, { e1 }) => state.mixKey(e1),
  },
  "with bob's public key in place of what Diffie-Hellman gives": {
    ee: (state, { e2 = EMPTY }) => state.mixKey(e2),
  },
  'with both public keys in place of what Diffie-Hellman gives': {
    ee: (state, { e1, e2 = EMPTY }) => state.mixKey(concat(e1, e2)),
  },
  'with the secret once more in place of what Diffie-Hellman gives': {
    ee: (state, { psk }) => state.mixKey(psk),
  },
  'with nothing in place of what Diffie-Hellman gives': { ee: (state) => state.mixKey(EMPTY) },
  'with 32 zero bytes in place of what Diffie-Hellman gives': {
    ee: (state) => state.mixKey(new Uint8Array(32)),
  },
  'from the secret alone': {
    ee: () => {},
    split: (_, { psk }) => hkdf(psk, EMPTY, EMPTY, 64),
  },
  'from the secret and the hash': { ee: () => {}, split: (state, { psk }) => hkdf(psk, state.h, EMPTY, 64) },
}

/** The same, where the messages may be right and the keys are not. */
const KEYS_WITHOUT_EE: Ways = {
  'from ck as it was before ee': { split: (_state, _known, before) => hkdf(EMPTY, before, EMPTY, 64) },
  'from the hash, which was said aloud': { split: (state) => hkdf(state.h, EMPTY, EMPTY, 64) },
}

/** Ways that show in message 2 only. */
const WRONG_SECOND: Ways = {
  ...WITHOUT_EE,
  'without mixHash of the tag of message 1': {
    said(state, tag, which) {
      if (which === 2) state.mixHash(tag)
    },
  },
  "without bob's public key": {
    e(state, publicKey, which) {
      if (which === 2) return
      state.mixHash(publicKey)
      state.mixKey(publicKey)
    },
  },
  "without mixKey of bob's public key": {
    e(state, publicKey, which) {
      state.mixHash(publicKey)
      if (which === 1) state.mixKey(publicKey)
    },
  },
  "without mixHash of bob's public key": {
    e(state, publicKey, which) {
      if (which === 1) state.mixHash(publicKey)
      state.mixKey(publicKey)
    },
  },
  'with what Diffie-Hellman gives in mixHash, not in mixKey': {
    ee: (state, { shared = EMPTY }) => state.mixHash(shared),
  },
  'with what Diffie-Hellman gives hashed once': {
    ee: (state, { shared = EMPTY }) => state.mixKey(sha256(shared)),
  },
}

/** Ways that show in the keys only. */
const WRONG_KEYS: Ways = {
  'the second 32 bytes are those of the first: one key for both directions': {
    split(state) {
      const key = hkdf(EMPTY, state.ck, EMPTY, 32)
      return concat(key, key)
    },
  },
  'they are the ck and the k of the end, without a split': { split: (state) => concat(state.ck, state.k) },
  'the split has a label in its info': { split: (state) => hkdf(EMPTY, state.ck, 'split', 64) },
  'the split takes ck as ikm, and it must be the salt': {
    split: (state) => hkdf(state.ck, EMPTY, EMPTY, 64),
  },
  'the split takes h as ikm, and it must be empty': { split: (state) => hkdf(state.h, state.ck, EMPTY, 64) },
}

const find = (ways: Ways, fits: (way: Way) => boolean) =>
  Object.entries(ways).find(([, way]) => fits(way))?.[0]

/** How message 1 was made instead. */
export function wayOfFirst(known: Known, tag: Uint8Array): string | undefined {
  return find(WRONG_FIRST, (way) => equal(made(known, way).tag1, tag))
}

/** How message 2 was made instead. */
export function wayOfSecond(known: Known, tag: Uint8Array): string | undefined {
  return find({ ...WRONG_SECOND, ...WRONG_FIRST }, (way) => equal(made(known, way).tag2, tag))
}

/** How the keys were made instead. */
export function wayOfKeys(known: Known, initiator: Uint8Array): string | undefined {
  return find({ ...WRONG_KEYS, ...KEYS_WITHOUT_EE, ...WITHOUT_EE }, (way) => {
    return equal(made(known, way).initiator, initiator)
  })
}

/** All that may be sent as message 2 by one who takes Diffie-Hellman for something else: each with how it was made. */
export const withoutEe = (known: Known): [string, Made][] =>
  Object.entries(WITHOUT_EE).map(([words, way]) => [words, made(known, way)])

/** Keys that one computes who knows the secret and what was said, in the ways in which a program may have made them. */
export function keysLater({ shared: _, ...heard }: Known): [string, Uint8Array][] {
  const ways = Object.entries({ ...WITHOUT_EE, ...KEYS_WITHOUT_EE })
  const keys = ways.flatMap(([words, way]): [string, Uint8Array][] => {
    const { initiator, responder } = made(heard, way)
    return [
      [words, initiator],
      [words, responder],
    ]
  })
  return [...keys, ['and are the secret itself', heard.psk]]
}

/** Reads with each of the keys. */
export function readLater(
  sealed: Uint8Array,
  keys: readonly [string, Uint8Array][],
): { how: string; text: string } | undefined {
  for (const [how, key] of keys) {
    try {
      return { how, text: Buffer.from(open(key, ZERO_NONCE, EMPTY, sealed)).toString('utf8') }
    } catch {}
  }
  return undefined
}

/** Where the bytes differ. */
export const flipped = (bytes: Uint8Array, index: number, bit: number): Uint8Array =>
  bytes.map((byte, i) => (i === index ? byte ^ (1 << bit) : byte))
