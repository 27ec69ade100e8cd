/** Puts records together to the plaintexts of transport messages: as many in each as fit. docs/protocol.md §5.3. */
import { MAX_PLAINTEXT_BYTES, RECORD_HEADER_BYTES, RECORD_TYPES, writeHeader } from './records.ts'

/**
 * Type, length, and a u64: in front of each plaintext there is room for an acknowledgement, which is only known when it is
 * sealed.
 */
export const ACK_BYTES = RECORD_HEADER_BYTES + 8
/** The longest body that fits one plaintext. */
const MAX_PIECE_BYTES = MAX_PLAINTEXT_BYTES - ACK_BYTES - RECORD_HEADER_BYTES
/** Where little is sent, little is set aside: so much V8 keeps among its objects. */
const FIRST_BYTES = 64
/** What is longer than this gets a whole slab; so does the plaintext after it. */
const LARGE_BYTES = 16 * 1024
/** So many slabs are kept for the next plaintexts. */
const MAX_FREE_SLABS = 8

/** Memory for whole plaintexts, of all channels: what was just sealed is still in the processor's cache. */
const freeSlabs: Uint8Array[] = []

/** One plaintext: `bytes` from `ACK_BYTES` up to `length`. */
export interface Plaintext {
  bytes: Uint8Array
  length: number
}

/** Gives back the memory of a plaintext that has been sealed: wiped, since it may stay for as long as the process. */
export function release({ bytes, length }: Plaintext): void {
  if (bytes.length !== MAX_PLAINTEXT_BYTES || freeSlabs.length >= MAX_FREE_SLABS) return
  bytes.fill(0, 0, length)
  freeSlabs.push(bytes)
}

function slab(): Uint8Array {
  return freeSlabs.pop() ?? new Uint8Array(MAX_PLAINTEXT_BYTES)
}

/** Records on their way to be sealed, in order. Their bytes are copied. */
export class Packer {
  #full: Plaintext[] = []
  #open: Plaintext | undefined
  /** Whether the last one was large. */
  #large = false

  /** Whether nothing waits. */
  get empty(): boolean {
    // Behind full ones there is always one that is not.
    return this.#open === undefined
  }

  /** Whether what waits is more than fits one plaintext. */
  get several(): boolean {
    return this.#full.length > 0
  }

  /** Takes a record that must not be divided. */
  record(type: number, body: Uint8Array): void {
    let open = this.#open
    if (open === undefined || open.length + RECORD_HEADER_BYTES + body.length > MAX_PLAINTEXT_BYTES)
      open = this.#begin()
    put(open, type, body)
  }

  /** Takes a message of any size: parts while they are needed, then its last piece. */
  message(bytes: Uint8Array): void {
    this.record(RECORD_TYPES.message, this.#divide(RECORD_TYPES.part, bytes, MAX_PIECE_BYTES))
  }

  /** Takes a piece of a stream. */
  data(bytes: Uint8Array): void {
    this.#divide(RECORD_TYPES.data, bytes, 0)
  }

  /** The next plaintext, to be released once it is sealed; nothing when nothing waits. */
  next(): Plaintext | undefined {
    const next = this.#full.shift() ?? this.#open
    if (next === this.#open) this.#open = undefined
    this.#large = next !== undefined && next.length > LARGE_BYTES
    return next
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#full = []
    this.#open = undefined
  }

  /** Fills plaintexts with pieces until at most `last` bytes are left. @returns those. */
  #divide(type: number, bytes: Uint8Array, last: number): Uint8Array {
    let rest = bytes
    while (rest.length > last) {
      let open = this.#open
      // Behind a header there is something.
      if (open === undefined || open.length + RECORD_HEADER_BYTES >= MAX_PLAINTEXT_BYTES) open = this.#begin()
      const room = MAX_PLAINTEXT_BYTES - RECORD_HEADER_BYTES - open.length
      put(open, type, rest.subarray(0, room))
      rest = rest.subarray(room)
    }
    return rest
  }

  #begin(): Plaintext {
    if (this.#open) {
      this.#large = this.#open.length > LARGE_BYTES
      this.#full.push(this.#open)
    }
    this.#open = { bytes: this.#large ? slab() : new Uint8Array(FIRST_BYTES), length: ACK_BYTES }
    return this.#open
  }
}

function put(open: Plaintext, type: number, body: Uint8Array): void {
  const { length } = body
  const end = open.length + RECORD_HEADER_BYTES + length
  if (end > open.bytes.length) enlarge(open, end)
  const { bytes } = open
  const at = writeHeader(bytes, open.length, type, length)
  // For a few bytes a loop is much faster than a call of `set`.
  if (length > 48) bytes.set(body, at)
  else for (let i = 0; i < length; i++) bytes[at + i] = body[i] as number
  open.length = end
}

function enlarge(open: Plaintext, needed: number): void {
  const wanted = Math.max(4 * open.bytes.length, needed)
  const larger = wanted > LARGE_BYTES ? slab() : new Uint8Array(wanted)
  larger.set(open.bytes.subarray(0, open.length))
  open.bytes = larger
}
