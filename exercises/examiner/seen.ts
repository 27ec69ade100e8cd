/**
 * All that can be got out of a value by looking at it: what is printed of it, and what it carries without showing it.
 *
 * @module
 */
import { inspect as nodesInspect, types } from 'node:util'
import { Secret } from 'symbolon/protocol'

// As it is before the program is there.
const inspect = nodesInspect
const MAX_SHOWN_CHARS = 64 * 1024
const MAX_OBJECTS = 1_000
/** Of long bytes and long text the beginning and the end. */
const END_LENGTH = 2_048
const MAX_CARRIED_CHARS = 128 * 1024
const SHOWN = {
  depth: 8,
  breakLength: Number.POSITIVE_INFINITY,
  maxArrayLength: 1_000,
  showHidden: true,
  getters: true,
} as const
/** What an object may be turned into. */
const TURNED = ['toJSON', 'toString', 'valueOf']

const OF_ALL = new Set<object>([
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Error.prototype,
  Map.prototype,
  Set.prototype,
])

/** What is printed of it, and all that it carries: hidden properties, symbols, getters, bytes, causes, secrets. */
export function seen(value: unknown): string {
  const shown = tried(() => inspect(value, SHOWN).slice(0, MAX_SHOWN_CHARS)) ?? ''
  return `${shown}\n${carried(value).join('\n').slice(0, MAX_CARRIED_CHARS)}`
}

function carried(value: unknown): string[] {
  const said: string[] = []
  const known = new Set<unknown>()
  const left: unknown[] = [value]
  for (const one of left) {
    if (typeof one === 'symbol') said.push(one.description ?? '')
    else if (typeof one === 'bigint') said.push(`${one}`, `0x${one.toString(16)}`)
    else if ((typeof one !== 'object' && typeof one !== 'function') || one === null) said.push(ends(`${one}`))
    else if (!known.has(one) && known.size < MAX_OBJECTS) {
      known.add(one)
      const bytes = bytesOf(one)
      if (bytes)
        said.push(Buffer.from(ends(bytes)).toString('hex'), Buffer.from(ends(bytes)).toString('latin1'))
      // A socket, and what belongs to it, is the connection and nothing that was said of it.
      else if (!types.isProxy(one) && !('destroySoon' in one)) {
        const parts = tried(() => partsOf(one)) ?? []
        // A text may be cut into letters.
        const letters = parts.filter((part) => typeof part === 'string')
        if (Array.isArray(one) || one instanceof Set) said.push(ends(letters.join('')))
        left.push(...parts)
      }
    }
  }
  return said
}

function bytesOf(one: object): Uint8Array | undefined {
  if (one instanceof Secret) return tried(() => one.reveal())
  if (ArrayBuffer.isView(one)) return new Uint8Array(one.buffer, one.byteOffset, one.byteLength)
  return types.isAnyArrayBuffer(one) ? new Uint8Array(one) : undefined
}

function partsOf(one: object): unknown[] {
  const parts: unknown[] = one instanceof Map || one instanceof Set ? [...one].flat() : []
  for (let of: object | null = one; of && !OF_ALL.has(of); of = Object.getPrototypeOf(of)) {
    for (const name of Reflect.ownKeys(of)) {
      const property = Object.getOwnPropertyDescriptor(of, name)
      const value = property && 'value' in property ? property.value : tried(() => Reflect.get(of, name, one))
      const isMethod = typeof value === 'function' && of !== one
      const turned = typeof value === 'function' && TURNED.includes(String(name))
      if (turned) parts.push(tried(() => Reflect.apply(value, one, [])))
      parts.push(name, ...(isMethod ? [] : [value]))
    }
  }
  return parts
}

function ends<T extends string | Uint8Array>(whole: T): T {
  if (whole.length <= 2 * END_LENGTH) return whole
  const [first, last] = [whole.slice(0, END_LENGTH), whole.slice(-END_LENGTH)]
  return (
    typeof whole === 'string' ? `${first}\n${last}` : Buffer.concat([Buffer.from(first), Buffer.from(last)])
  ) as T
}

function tried<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
