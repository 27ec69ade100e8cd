/**
 * Whether values are still what they were: their fields, also those that do not show, their bytes and secrets, and all that is in them.
 *
 * @module
 */
import { Secret, Wire } from 'symbolon/protocol'

/** What an object was. */
interface Note {
  /** Where it stands, in words. */
  readonly place: string
  /** What of it is another now, in words. */
  changed(): string | undefined
}

const MAX_DEPTH = 20
const bytesOf = (secret: Secret): Uint8Array | undefined => {
  try {
    return secret.reveal()
  } catch {
    // It has been wiped.
    return undefined
  }
}

/** @param isOther - that an object may change: it is the program's own. */
export function noted(
  values: readonly unknown[],
  place: (i: number) => string,
  isOther: (object: object) => boolean = () => false,
): Notes {
  const notes = new Map<object, Note>()
  const note = (part: unknown, place: string, depth: number): void => {
    if ((typeof part !== 'object' && typeof part !== 'function') || part === null) return
    // A connection is another at any time.
    if (notes.has(part) || depth > MAX_DEPTH || part instanceof Wire || isOther(part)) return
    if (part instanceof Uint8Array) {
      notes.set(part, noteOfBytes(part, place))
      return
    }
    const fields = noteOfFields(part, place)
    notes.set(part, part instanceof Secret ? noteOfSecret(part, place, fields) : fields)
    for (const [name, inner] of Object.entries(part)) note(inner, `${place}, its '${name}'`, depth + 1)
  }
  for (const [i, part] of values.entries()) note(part, place(i), 0)
  return new Notes(notes)
}

export class Notes {
  readonly #notes: ReadonlyMap<object, Note>

  constructor(notes: ReadonlyMap<object, Note>) {
    this.#notes = notes
  }

  get objects(): Iterable<object> {
    return this.#notes.keys()
  }

  /**
   * What is another now, in words; nothing when all is as it was.
   *
   * @param isMeant - which of the objects are looked at.
   */
  changed(isMeant: (object: object) => boolean = () => true): string | undefined {
    for (const [object, note] of this.#notes) {
      const what = isMeant(object) && note.changed()
      if (what) return `${note.place}: ${what}`
    }
    return undefined
  }
}

function noteOfBytes(bytes: Uint8Array, place: string): Note {
  const before = Uint8Array.from(bytes)
  return { place, changed: () => (isEqual(bytes, before) ? undefined : 'its bytes are others now') }
}

function noteOfSecret(secret: Secret, place: string, fields: Note): Note {
  const [bytes, before] = [bytesOf(secret), Uint8Array.from(bytesOf(secret) ?? [])]
  const changed = () => {
    const now = bytesOf(secret)
    if (!now && bytes) return 'it was wiped'
    return now && !isEqual(now, before) ? 'its bytes are others now' : fields.changed()
  }
  return { place, changed }
}

function noteOfFields(object: object, place: string): Note {
  const names = Reflect.ownKeys(object)
  const values = names.map((name) => Reflect.get(object, name))
  const [kind, isOpen] = [Object.getPrototypeOf(object), Object.isExtensible(object)]
  const changed = () => {
    const now = Reflect.ownKeys(object)
    const more = now.find((name) => !names.includes(name))
    if (more !== undefined) return `it has '${String(more)}' now`
    const i = names.findIndex(
      (name, i) => name !== now[i] || !Object.is(Reflect.get(object, name), values[i]),
    )
    if (i >= 0) return `its '${String(names[i])}' is another now`
    if (kind !== Object.getPrototypeOf(object)) return 'it is of another kind now'
    return isOpen && !Object.isExtensible(object) ? 'it was frozen' : undefined
  }
  return { place, changed }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}
