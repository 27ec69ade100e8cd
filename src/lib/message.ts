/**
 * A received message.
 *
 * @module
 */
import { fromUtf8 } from './bytes.ts'

/** What is so short is copied, cheaply, and does not keep the transport message that it came in. */
const COPIED_BYTES = 64

/** One message, whole and authenticated. */
export class Message {
  readonly #source: Uint8Array
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

  /** What was sent. */
  get bytes(): Uint8Array {
    this.#bytes ??=
      this.length <= COPIED_BYTES
        ? this.#source.slice(this.#from, this.#to)
        : this.#source.subarray(this.#from, this.#to)
    return this.#bytes
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
