/**
 * The primitives by `node:crypto` (OpenSSL): what runs in Node, 2 to 18 times faster than `noble.ts`. A process that seals and opens
 * many short inputs does so, and derives keys, by libsodium (`sodium.ts`).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  type Hash as NodeHash,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { loadSodium, SHORT_BYTES, type Sodium } from './sodium.ts'
import type { AeadKey, Hash, Primitives } from './types.ts'

const TAG_BYTES = 16
const NOTHING = new Uint8Array(0)
// Node would accept tags as short as one byte if it were asked to; it is never asked.
const FULL_TAG = { authTagLength: TAG_BYTES } as const

// PKCS #8 of a private key, up to the 32 key bytes (RFC 8410 §7).
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

// After so many calls for short inputs libsodium is loaded: they have cost about what loading costs, so most programs never do it.
const LOAD_AFTER = 2000
let shortCalls = 0
let sodium: Sodium | undefined

/** @returns what is faster for this input, if it is there. Never waits. */
function forShort(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, length: number): Sodium | undefined {
  // Other lengths of key and nonce are for OpenSSL to refuse.
  if (length > SHORT_BYTES || aad.length > SHORT_BYTES || key.bytes.length !== 32 || nonce.length !== 12)
    return undefined
  if (!sodium && ++shortCalls === LOAD_AFTER) void preferSodium()
  return sodium
}

/** Loads libsodium for short inputs now. @returns whether it could be. */
export async function preferSodium(): Promise<boolean> {
  try {
    sodium ??= await loadSodium()
    return true
  } catch {
    return false // without WebAssembly, OpenSSL does it all
  }
}

/** Node 24 takes four times as long for a key given as bytes, each time: it finds that out by an error of its own. */
function keyObject(key: AeadKey): KeyObject {
  key.prepared ??= createSecretKey(key.bytes)
  return key.prepared as KeyObject
}

/** Imports a key; that error of Node 24 goes without a stack trace, which is what it costs. */
function imported(make: () => KeyObject): KeyObject {
  const before = Error.stackTraceLimit
  // Where it must not be set, it is not.
  Reflect.set(Error, 'stackTraceLimit', 0)
  try {
    return make()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', before)
  }
}

function importPrivate(prefix: Buffer, secretKey: Uint8Array): KeyObject {
  const der = Buffer.concat([prefix, secretKey])
  const key = imported(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  der.fill(0)
  return key
}

function importPublic(crv: 'X25519' | 'Ed25519', publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url')
  return imported(() => createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' }))
}

/** The public keys that checked the latest signatures: to import one costs a quarter of a check. */
const verifiers = new Map<string, KeyObject>()
const MAX_VERIFIERS = 64

/** @returns nothing for a key by which anyone could sign. */
function verifierOf(publicKey: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(publicKey).toString('latin1')
  const known = verifiers.get(name)
  if (known) return known
  if (SMALL_ORDER.has(withoutSign(publicKey))) return undefined
  const key = importPublic('Ed25519', publicKey)
  if (verifiers.size === MAX_VERIFIERS) verifiers.clear()
  verifiers.set(name, key)
  return key
}

function encrypt(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): [Buffer, Buffer] {
  const cipher = createCipheriv('chacha20-poly1305', keyObject(key), nonce, FULL_TAG)
  if (aad.length > 0) cipher.setAAD(aad, { plaintextLength: plaintext.length })
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return [ciphertext, cipher.getAuthTag()]
}

// Points of small order, their sign left out: with one of them for a key, OpenSSL takes signatures that anyone can make.
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

function withoutSign(point: Uint8Array): string {
  const y = Buffer.from(point)
  y[31] = (y[31] ?? 0) & 0x7f
  return y.toString('hex')
}

function hashBy(hash: NodeHash): Hash {
  return {
    update: (part) => void hash.update(part),
    copy: () => hashBy(hash.copy()),
    digest: () => new Uint8Array(hash.digest()),
  }
}

export const node: Primitives = {
  seal(key, nonce, aad, plaintext) {
    const short = forShort(key, nonce, aad, plaintext.length)
    if (short) return short.seal(key.bytes, nonce, aad, plaintext)
    const [ciphertext, tag] = encrypt(key, nonce, aad, plaintext)
    const sealed = new Uint8Array(ciphertext.length + TAG_BYTES)
    sealed.set(ciphertext)
    sealed.set(tag, ciphertext.length)
    return sealed
  },
  sealInParts(key, nonce, plaintext) {
    const short = forShort(key, nonce, NOTHING, plaintext.length)
    return short
      ? [short.seal(key.bytes, nonce, NOTHING, plaintext)]
      : encrypt(key, nonce, NOTHING, plaintext)
  },
  open(key, nonce, aad, sealed) {
    const short = forShort(key, nonce, aad, sealed.length - TAG_BYTES)
    if (short && sealed.length >= TAG_BYTES) return short.open(key.bytes, nonce, aad, sealed)
    const decipher = createDecipheriv('chacha20-poly1305', keyObject(key), nonce, FULL_TAG)
    const end = sealed.length - TAG_BYTES
    decipher.setAuthTag(sealed.subarray(end))
    if (aad.length > 0) decipher.setAAD(aad, { plaintextLength: end })
    // update() hands out plaintext before the tag has been checked: it leaves this function only after final().
    const plaintext = decipher.update(sealed.subarray(0, end))
    try {
      decipher.final()
    } catch {
      plaintext.fill(0)
      return undefined
    }
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length)
  },
  sha256(...parts) {
    // Of a few parts in one call: an object for the hash costs more than to hash them.
    return new Uint8Array(
      hash('sha256', parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), 'buffer'),
    )
  },
  createSha256() {
    return hashBy(createHash('sha256'))
  },
  hkdf(ikm, salt, info, length) {
    return (
      sodium?.hkdf(ikm, salt, info, length) ??
      new Uint8Array(hkdfSync('sha256', createSecretKey(ikm), salt, info, length))
    )
  },
  // A `KeyObject`, since Node 24 takes four times as long with the bytes of a key.
  hmac: (key, data) => new Uint8Array(createHmac('sha256', createSecretKey(key)).update(data).digest()),
  // OpenSSL has both steps in one call only, as Node offers it.
  hkdfExpand(prk, info, length) {
    if (length > 255 * 32) throw new RangeError('HKDF: it gives 255 blocks at most')
    const short = sodium?.hkdfExpand(prk, info, length)
    if (short) return short
    const key = createSecretKey(prk)
    const blocks: Buffer[] = []
    for (let i = 1; (i - 1) * 32 < length; i++) {
      const hmac = createHmac('sha256', key).update(blocks.at(-1) ?? NOTHING)
      blocks.push(hmac.update(info).update(Uint8Array.of(i)).digest())
    }
    return new Uint8Array(Buffer.concat(blocks, length))
  },
  x25519(secretKey) {
    // To import a key, and to export it in another form than JWK, costs OpenSSL more than to use it.
    const pair = secretKey ? undefined : generateKeyPairSync('x25519')
    let privateKey: KeyObject | undefined =
      pair?.privateKey ?? importPrivate(X25519_PKCS8, secretKey as Uint8Array)
    const { x } = (pair?.publicKey ?? createPublicKey(privateKey)).export({ format: 'jwk' })
    return {
      publicKey: new Uint8Array(Buffer.from(x as string, 'base64url')),
      agree(theirs) {
        if (!privateKey) throw new TypeError('X25519: used after it was destroyed')
        const publicKey = importPublic('X25519', theirs)
        try {
          return new Uint8Array(diffieHellman({ privateKey, publicKey }))
        } catch {
          return undefined // OpenSSL refuses an all-zero result
        }
      },
      destroy() {
        // OpenSSL wipes it when the last reference is gone.
        privateKey = undefined
      },
    }
  },
  sign: (privateKey, message) =>
    new Uint8Array(sign(null, message, importPrivate(ED25519_PKCS8, privateKey.subarray(-32)))),
  verify(publicKey, message, signature) {
    try {
      const key = verifierOf(publicKey)
      return key !== undefined && verify(null, message, key, signature)
    } catch {
      return false
    }
  },
  verifyMeanwhile: (publicKey, message, signature) =>
    new Promise<boolean>((resolve) => {
      const key = verifierOf(publicKey)
      if (!key) resolve(false)
      else verify(null, message, key, signature, (error, holds) => resolve(!error && holds))
    }).catch(() => false),
  equal: (a, b) => timingSafeEqual(a, b),
}

export { node as primitives }
