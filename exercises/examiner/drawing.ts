/**
 * Where the random bytes of a student's program come from: the platform; or, while the grader wants to know what becomes of them,
 * a pool that it knows, so that a call can be made again with the same ones.
 *
 * @module
 */
import crypto from 'node:crypto'

type View = NodeJS.ArrayBufferView & { readonly BYTES_PER_ELEMENT?: number }
type Callback = (error: null, ...results: unknown[]) => void
// biome-ignore lint/suspicious/noExplicitAny: of any of Node's functions
type Any = any

/** What stands before the 32 bytes of a private key where Node wants a file of it (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const { randomFillSync, generateKeyPairSync, createPrivateKey, createPublicKey } = crypto

let pool: Uint8Array = new Uint8Array(0)

/** From now on what is drawn are these bytes, from the first; when they are used up, the platform's again. */
export function drawFrom(bytes: Uint8Array): void {
  pool = bytes
}

function filled<T extends View>(view: T, offset = 0, size?: number): T {
  const unit = view.BYTES_PER_ELEMENT ?? 1
  const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const bytes = all.subarray(offset * unit, size === undefined ? undefined : (offset + size) * unit)
  const known = pool.subarray(0, bytes.length)
  pool = pool.subarray(known.length)
  bytes.set(known)
  randomFillSync(bytes, known.length)
  return view
}

const drawn = (length: number): Buffer => filled(Buffer.alloc(length))

function keyPair(type: string, options?: Any): { publicKey: unknown; privateKey: unknown } {
  if (type !== 'x25519') return (generateKeyPairSync as Any)(type, options)
  const der = Buffer.concat([PKCS8, drawn(32)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  const { publicKeyEncoding: one, privateKeyEncoding: other } = options ?? {}
  return {
    publicKey: one ? publicKey.export(one) : publicKey,
    privateKey: other ? privateKey.export(other) : privateKey,
  }
}

function integer(one: number, other: number | undefined): number {
  const [min, max] = other === undefined ? [0, one] : [one, other]
  return min + (drawn(6).readUIntBE(0, 6) % (max - min))
}

function uuid(): string {
  const hex = drawn(16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** @param known - its result, with what the pool has. */
function replace(of: object, name: string, known: (...args: Any[]) => unknown): void {
  const original = Reflect.get(of, name)
  const value = function (this: unknown, ...args: unknown[]) {
    if (pool.length === 0) return Reflect.apply(original, this, args)
    const last = args.at(-1)
    if (typeof last !== 'function') return known(...args)
    const result = known(...args.slice(0, -1))
    const results = name === 'generateKeyPair' ? Object.values(result as object) : [result]
    process.nextTick(last as Callback, null, ...results)
    return undefined
  }
  // How it is made one that gives a promise, too.
  Object.defineProperties(value, Object.getOwnPropertyDescriptors(original))
  Object.defineProperty(of, name, { value, configurable: true, writable: true, enumerable: true })
}

replace(crypto, 'randomBytes', drawn)
replace(crypto, 'randomFillSync', filled)
replace(crypto, 'randomFill', filled)
replace(crypto, 'randomInt', integer)
replace(crypto, 'randomUUID', uuid)
replace(crypto, 'generateKeyPairSync', keyPair)
replace(crypto, 'generateKeyPair', keyPair)
const { prototype } = globalThis.crypto.constructor
replace(prototype, 'getRandomValues', (view) => filled(view))
replace(prototype, 'randomUUID', uuid)
