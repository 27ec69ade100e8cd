/**
 * Puts records together to the plaintexts of transport messages: as many in each as fit. docs/protocol.md §5.3.
 *
 * @module
 */
import { MAX_PLAINTEXT_BYTES, RECORD_HEADER_BYTES, RECORD_TYPES, writeHeader } from './records.ts'

/** Type, length, and a u64. */
const ACK_BYTES = RECORD_HEADER_BYTES + 8
/** In each plaintext there is room for an acknowledgement, which is only known when it is sealed. */
const ROOM_BYTES = MAX_PLAINTEXT_BYTES - ACK_BYTES
const MAX_BODY_BYTES = ROOM_BYTES - RECORD_HEADER_BYTES
/** Shorter pieces of a stream are copied, so that a plaintext has few parts; longer ones are not copied at all. */
const COPIED_BYTES = 1024
/** Where little is sent, little is set aside: so much V8 keeps among its objects. It grows up to `ROOM_BYTES`. */
const FIRST_BYTES = 64

/** After a plaintext of so much that was copied, the next one is given all the room at once. */
const LARGE_BYTES = 16 * 1024

/** One plaintext: its parts, one after the other. */
class Plaintext {
  readonly parts: Uint8Array[] = []
  room = ROOM_BYTES
  /** Records that were copied; those from `#taken` on are in no part yet. */
  #copied: Uint8Array
  #length = 0
  #taken = 0

  constructor(bytes: number) {
    this.#copied = new Uint8Array(bytes)
  }

  /** Whether much was copied. */
  get large(): boolean {
    return this.#length > LARGE_BYTES
  }

  /** Copies a record, or the header of one whose body is given to `refer`. */
  put(type: number, body: Uint8Array, length = body.length): void {
    this.#reserve(RECORD_HEADER_BYTES + body.length)
    const copied = this.#copied
    const at = writeHeader(copied, this.#length, type, length)
    // For a few bytes a loop is much faster than a call of `set`.
    if (body.length > 48) copied.set(body, at)
    else for (let i = 0; i < body.length; i++) copied[at + i] = body[i] as number
    this.#length = at + body.length
    this.room -= RECORD_HEADER_BYTES + body.length
  }

  /** Takes the body of the record whose header was put last, without copying it. */
  refer(body: Uint8Array): void {
    this.finish()
    this.parts.push(body)
    this.room -= body.length
  }

  /** Makes a part of what was copied. */
  finish(): Uint8Array[] {
    if (this.#length > this.#taken) this.parts.push(this.#copied.subarray(this.#taken, this.#length))
    this.#taken = this.#length
    return this.parts
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#copied.length) return
    const larger = new Uint8Array(Math.min(Math.max(4 * this.#copied.length, needed), ROOM_BYTES))
    larger.set(this.#copied.subarray(0, this.#length))
    this.#copied = larger
  }
}

/** Records on their way to be sealed, in order. */
export class Packer {
  #full: (Plaintext | undefined)[] = []
  #next = 0
  #open: Plaintext | undefined
  /** Whether much was copied into the last one. */
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

  /** Whether what waits fits one plaintext, and was copied. */
  get onlyCopies(): boolean {
    return !this.several && this.#open !== undefined && this.#open.parts.length === 0
  }

  /** Takes a record that must not be divided. */
  record(type: number, body: Uint8Array): void {
    this.#withRoom(RECORD_HEADER_BYTES + body.length).put(type, body)
  }

  /** Takes a message of any size: parts while they are needed, then its last piece. The bytes are copied. */
  message(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > MAX_BODY_BYTES) {
      const open = this.#withRoom(RECORD_HEADER_BYTES + 1)
      const length = open.room - RECORD_HEADER_BYTES
      open.put(RECORD_TYPES.part, rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    this.record(RECORD_TYPES.message, rest)
  }

  /**
   * Takes a piece of a stream.
   *
   * @returns whether its bytes were copied; if not, they must stay as they are until nothing waits any more.
   */
  data(bytes: Uint8Array): boolean {
    let copied = true
    let rest = bytes
    while (rest.length > 0) {
      const open = this.#withRoom(RECORD_HEADER_BYTES + 1)
      const length = Math.min(rest.length, open.room - RECORD_HEADER_BYTES)
      const body = rest.subarray(0, length)
      if (length < COPIED_BYTES) open.put(RECORD_TYPES.data, body)
      else {
        open.put(RECORD_TYPES.data, NOTHING, length)
        open.refer(body)
        copied = false
      }
      rest = rest.subarray(length)
    }
    return copied
  }

  /** The parts of the next plaintext, of at most `MAX_PLAINTEXT_BYTES` less 11; nothing when nothing waits. */
  next(): Uint8Array[] | undefined {
    const full = this.#full[this.#next]
    this.#large = (full ?? this.#open)?.large ?? false
    if (full) {
      this.#full[this.#next] = undefined
      if (++this.#next === this.#full.length) {
        this.#full = []
        this.#next = 0
      }
      return full.finish()
    }
    const open = this.#open
    this.#open = undefined
    return open?.finish()
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#full = []
    this.#next = 0
    this.#open = undefined
  }

  #withRoom(length: number): Plaintext {
    if (this.#open && this.#open.room < length) {
      this.#large = this.#open.large
      this.#full.push(this.#open)
      this.#open = undefined
    }
    this.#open ??= new Plaintext(this.#large ? ROOM_BYTES : FIRST_BYTES)
    return this.#open
  }
}

const NOTHING = new Uint8Array(0)
