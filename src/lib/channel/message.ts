/**
 * A received message.
 *
 * @module
 */
import { EMPTY, fromUtf8 } from '../bytes.ts'

/** Longest message, all its parts together. */
export const MAX_MESSAGE_BYTES = 1024 * 1024

/** What is so short is copied, cheaply. */
const COPIED_BYTES = 64

/** One message, whole and authenticated. */
export class Message {
  #source: Uint8Array
  readonly #from: number
  readonly #to: number
  #bytes: Uint8Array | undefined

  /** @param source - holds the message's bytes, `from` where it begins up to `to`. */
  constructor(source: Uint8Array, from = 0, to: number = source.length) {
    this.#source = source
    this.#from = from
    this.#to = to
  }

  /** How many bytes it has. */
  get length(): number {
    return this.#to - this.#from
  }

  /**
   * What was sent. More than 64 bytes may be part of what else came with them, up to 64 KiB, which stays in memory as long: copy
   * what is to be kept for long.
   */
  get bytes(): Uint8Array {
    this.#bytes ??= this.#take()
    return this.#bytes
  }

  #take(): Uint8Array {
    if (this.length > COPIED_BYTES) return this.#source.subarray(this.#from, this.#to)
    const bytes = this.#source.slice(this.#from, this.#to)
    // Not kept for the sake of so little.
    this.#source = EMPTY
    return bytes
  }

  /**
   * What was sent, as text.
   *
   * @throws CodecError `malformed` when it is not UTF-8.
   */
  get text(): string {
    return fromUtf8(this.bytes, 'message')
  }
}
