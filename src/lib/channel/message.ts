/** A received message. */
import { fromUtf8 } from '../bytes.ts'

/** Longest message, all its parts together. */
export const MAX_MESSAGE_BYTES = 1024 * 1024

/** One message, whole and authenticated. */
export class Message {
  // Not a public field: what prints a message does not print what it says.
  readonly #bytes: Uint8Array

  /** @param bytes - what was sent. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** How many bytes it has. */
  get length(): number {
    return this.#bytes.length
  }

  /**
   * What was sent. It may be part of what else came with it, up to 64 KiB, which stays in memory as long: copy
   * what is to be kept for long.
   */
  get bytes(): Uint8Array {
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
