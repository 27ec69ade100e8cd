/** Puts a message together from its parts. */
import { EMPTY } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { Message } from './message.ts'

/** The message that is coming. */
export class Assembly {
  readonly #maxMessageBytes: number
  #bytes = EMPTY
  #length = 0
  #begun = false

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whether a part has come, and the last is still to come. */
  get begun(): boolean {
    return this.#begun
  }

  /** Takes a part; more follow. @throws ProtocolError `message_too_large` */
  part(body: Uint8Array): void {
    const length = this.#length + body.length
    this.#refuseLonger(length)
    if (length > this.#bytes.length) {
      // Doubled, so that tiny parts cost no more than large ones.
      const larger = new Uint8Array(Math.min(Math.max(length, 2 * this.#bytes.length), this.#maxMessageBytes))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(body, this.#length)
    this.#length = length
    this.#begun = true
  }

  /** Takes the last, or only, part, whose bytes must stay as they are. @throws ProtocolError `message_too_large` */
  last(body: Uint8Array): Message {
    if (!this.#begun) {
      this.#refuseLonger(body.length)
      return new Message(body)
    }
    this.part(body)
    const message = new Message(this.#bytes.subarray(0, this.#length))
    this.#bytes = EMPTY
    this.#length = 0
    this.#begun = false
    return message
  }

  #refuseLonger(length: number): void {
    if (length <= this.#maxMessageBytes) return
    throw new ProtocolError('message_too_large', `a message of more than ${this.#maxMessageBytes} bytes came`)
  }
}
