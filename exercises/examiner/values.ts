/**
 * Values on their way between the grader and a student's program, as lines of JSON. What JSON cannot say is an object with the one
 * field `$`: bytes, secrets, `undefined`, what is to be made in the student's process (randomness, a connection), what is one object
 * again and again, and what stays there.
 *
 * @module
 */
import { types } from 'node:util'
import { KEY_BYTES, Secret, type SecretKind } from 'symbolon/protocol'

/** Where the random bytes come from that a student's program is given: all of them, so that a call can be made again. */
export class Randomness {
  readonly pool: Uint8Array
  readonly after: Uint8Array | undefined

  /**
   * @param pool - given out from its beginning; when it is used up, the program gets an error.
   * @param after - what there is again after that error.
   */
  constructor(pool: Uint8Array, after?: Uint8Array) {
    this.pool = pool
    this.after = after
  }
}

/** A TCP connection that the student's process makes, to a port of this machine. */
export class Dialled {
  readonly port: number

  constructor(port: number) {
    this.port = port
  }
}

/** An object that the student's program made: it stays in its process, and its methods can be called. */
export class Kept {
  readonly id: number

  constructor(id: number) {
    this.id = id
  }
}

/**
 * An object that the student's program is given again and again, as one that lives longer than a call: it is the same object each time,
 * with these fields now.
 */
export class Same {
  readonly id: number
  readonly value: unknown

  constructor(id: number, value: unknown) {
    this.id = id
    this.value = value
  }
}

/** An object that can be looked at and not changed, nor can what is in it. */
export class Frozen {
  readonly value: object

  constructor(value: object) {
    this.value = value
  }
}

/** A secret that has been wiped: who asks for it gets an error. */
export class Wiped extends Secret {}

/** What is no value: a function, a promise inside of another value, a symbol. */
export class Unspeakable {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }
}

const MAX_DEPTH = 20
const MAX_ITEMS = 10_000

const tagged = (type: string, fields: object) => ({ $: type, ...fields })
const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

/** @throws RangeError when a value is too deep, or has too many parts. */
export function encode(value: unknown): unknown {
  let items = 0
  const coded = (part: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH || ++items > MAX_ITEMS) throw new RangeError('this value is too large')
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part
    if (typeof part === 'number')
      return Number.isFinite(part) ? part : tagged('unspeakable', { what: String(part) })
    if (part === undefined) return tagged('undefined', {})
    if (typeof part !== 'object') return tagged('unspeakable', { what: typeof part })
    if (part instanceof Uint8Array) return tagged('bytes', { base64: base64(part) })
    if (part instanceof Wiped) return tagged('wiped', { kind: part.kind })
    if (part instanceof Secret) return tagged('secret', { kind: part.kind, base64: base64(part.reveal()) })
    if (part instanceof Randomness)
      return tagged('random', { base64: base64(part.pool), after: coded(part.after, depth + 1) })
    if (part instanceof Dialled) return tagged('wire', { port: part.port })
    if (part instanceof Kept) return tagged('kept', { id: part.id })
    if (part instanceof Same) return tagged('same', { id: part.id, value: coded(part.value, depth + 1) })
    if (part instanceof Frozen) return tagged('frozen', { value: coded(part.value, depth + 1) })
    if (part instanceof Promise) return tagged('unspeakable', { what: 'promise' })
    if (Array.isArray(part)) return part.map((item) => coded(item, depth + 1))
    const fields = Object.entries(part).map(([name, field]) => [name, coded(field, depth + 1)] as const)
    return '$' in part ? tagged('object', { fields }) : Object.fromEntries(fields)
  }
  return coded(value, 0)
}

/** Whether JSON says all of it: text, numbers and the like, and plain objects and lists of them, without getters or `toJSON`. */
export function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null)
    return /^(?:string|number|boolean|object)$/.test(typeof value)
  const kind = Array.isArray(value) ? Array.prototype : Object.prototype
  if (depth > MAX_DEPTH || types.isProxy(value) || ![kind, null].includes(Object.getPrototypeOf(value)))
    return false
  return (
    Object.entries(Object.getOwnPropertyDescriptors(value)).every(
      ([name, { get, set, enumerable, value: part }]) => {
        if (name === 'length' && Array.isArray(value)) return true
        return !get && !set && enumerable && isPlain(part, depth + 1)
      },
    ) && Object.getOwnPropertySymbols(value).length === 0
  )
}

/** How what is made anew in the student's process is made. */
export interface Makers {
  random(pool: Uint8Array, after: Uint8Array | undefined): unknown
  wire(port: number): unknown
  kept(id: number): unknown
  same(id: number, value: unknown): unknown
}

/** What the grader makes of it: values to look at. */
export const AS_TOLD: Makers = {
  random: (pool, after) => new Randomness(pool, after),
  wire: (port) => new Dialled(port),
  kept: (id) => new Kept(id),
  same: (id, value) => new Same(id, value),
}

/** @throws TypeError when it is nothing that `encode` gives. */
export function decode(coded: unknown, makers: Makers): unknown {
  const again = (part: unknown) => decode(part, makers)
  if (typeof coded !== 'object' || coded === null) return coded
  if (Array.isArray(coded)) return coded.map(again)
  if (!('$' in coded))
    return Object.fromEntries(Object.entries(coded).map(([name, part]) => [name, again(part)]))
  const { $: type, ...rest } = coded as Readonly<Record<string, unknown>>
  const bytes = () => Uint8Array.from(Buffer.from(String(rest.base64), 'base64'))
  if (type === 'undefined') return undefined
  if (type === 'bytes') return bytes()
  if (type === 'secret') return new Secret(String(rest.kind) as SecretKind, bytes())
  if (type === 'wiped') return wiped(String(rest.kind) as SecretKind)
  if (type === 'random') return makers.random(bytes(), again(rest.after) as Uint8Array | undefined)
  if (type === 'wire') return makers.wire(Number(rest.port))
  if (type === 'kept') return makers.kept(Number(rest.id))
  if (type === 'same') return makers.same(Number(rest.id), again(rest.value))
  if (type === 'frozen') return frozen(again(rest.value))
  if (type === 'unspeakable') return new Unspeakable(String(rest.what))
  if (type === 'object' && Array.isArray(rest.fields)) {
    return Object.fromEntries(rest.fields.map(([name, part]) => [name, again(part)]))
  }
  throw new TypeError('this is no value')
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

function wiped(kind: SecretKind): Secret {
  const secret = new Secret(kind, new Uint8Array(KEY_BYTES))
  secret.wipe()
  return secret
}
