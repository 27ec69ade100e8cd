/**
 * A received message.
 *
 * @module
 */
import { fromUtf8 } from './bytes.ts'

/** One message, whole and authenticated. */
export class Message {
  /** What was sent. */
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
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
