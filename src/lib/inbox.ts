/**
 * The receiving half of a channel: puts messages together from their parts and keeps them until they are read.
 *
 * @module
 */
import { EMPTY } from './bytes.ts'
import { CodecError, ProtocolError } from './errors.ts'
import { Message } from './message.ts'

/** How much may wait unread before the channel stops reading, and TCP makes the peer wait. */
const MAX_WAITING_BYTES = 1024 * 1024
/** What a waiting message costs besides its bytes, so that a million empty ones do not come for free. */
const MESSAGE_OVERHEAD_BYTES = 128

interface Reader {
  resolve(message: Message | undefined): void
  reject(error: Error): void
}

/** Messages on their way from the connection to whoever reads the channel. */
export class Inbox {
  readonly #maxMessageBytes: number
  readonly #waiting: Message[] = []
  #waitingBytes = 0
  #partial = EMPTY
  #partialBytes = 0
  #insideMessage = false
  #reader: Reader | undefined
  #roomAgain: (() => void) | undefined
  #ended = false
  #discarding = false
  #failure: Error | undefined
  #delivered = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** How many messages have been given to the reader. */
  get delivered(): number {
    return this.#delivered
  }

  /** Whether nothing more will be given to the reader. */
  get finished(): boolean {
    return this.#discarding || (this.#ended && this.#waiting.length === 0)
  }

  /** Whether the peer has said its end. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Takes a part of a message; more follow.
   *
   * @throws ProtocolError `message_too_large`; CodecError `malformed` after the end.
   */
  part(body: Uint8Array): void {
    this.#refuseAfterEnd()
    this.#append(body)
    this.#insideMessage = true
  }

  /**
   * Takes the last, or only, part of a message.
   *
   * @returns the message, or nothing when whatever comes is being discarded.
   * @throws ProtocolError `message_too_large`; CodecError `malformed` after the end.
   */
  message(body: Uint8Array): Message | undefined {
    this.#refuseAfterEnd()
    this.#append(body)
    const message = new Message(this.#partial.slice(0, this.#partialBytes))
    // Not kept for the next one: a thousand idle channels would each hold on to their largest message.
    this.#partial = EMPTY
    this.#partialBytes = 0
    this.#insideMessage = false
    if (this.#discarding) return undefined
    if (this.#reader) {
      this.#delivered++
      this.#reader.resolve(message)
      this.#reader = undefined
    } else {
      this.#waiting.push(message)
      this.#waitingBytes += message.bytes.length + MESSAGE_OVERHEAD_BYTES
    }
    return message
  }

  /**
   * The peer sends no more messages.
   *
   * @throws CodecError `malformed` inside a message, or the second time.
   */
  end(): void {
    this.#refuseAfterEnd()
    if (this.#insideMessage) throw new CodecError('record end: inside a message')
    this.#ended = true
    this.#reader?.resolve(undefined)
    this.#reader = undefined
  }

  /** Nothing more will come, because of an error; messages that have come whole can still be read. */
  fail(error: Error): void {
    this.#failure = error
    this.#reader?.reject(error)
    this.#reader = undefined
    this.#roomAgain?.()
  }

  /** The next message, or nothing after the end. */
  receive(): Promise<Message | undefined> {
    if (this.#reader) {
      return Promise.reject(new TypeError('Channel: somebody is already waiting for the next message'))
    }
    const message = this.#waiting.shift()
    if (message) {
      this.#waitingBytes -= message.bytes.length + MESSAGE_OVERHEAD_BYTES
      this.#delivered++
      this.#roomAgain?.()
      return Promise.resolve(message)
    }
    if (this.#ended || this.#discarding) return Promise.resolve(undefined)
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  /**
   * From now on nobody reads: what waits and what comes is dropped, so that the peer's end can be seen.
   *
   * @returns how many messages were waiting.
   */
  discard(): number {
    const unread = this.#waiting.length
    this.#discarding = true
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#reader?.resolve(undefined)
    this.#reader = undefined
    this.#roomAgain?.()
    return unread
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#waitingBytes > MAX_WAITING_BYTES && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#roomAgain = resolve
      })
    }
  }

  #append(body: Uint8Array): void {
    const length = this.#partialBytes + body.length
    if (length > this.#maxMessageBytes) {
      throw new ProtocolError(
        'message_too_large',
        `a message of more than ${this.#maxMessageBytes} bytes came`,
      )
    }
    if (length > this.#partial.length) {
      // Doubled, so that tiny parts cost no more than large ones.
      const larger = new Uint8Array(
        Math.min(Math.max(length, 2 * this.#partial.length), this.#maxMessageBytes),
      )
      larger.set(this.#partial.subarray(0, this.#partialBytes))
      this.#partial = larger
    }
    this.#partial.set(body, this.#partialBytes)
    this.#partialBytes = length
  }

  #refuseAfterEnd(): void {
    if (this.#ended) throw new CodecError('record: something other than ack or abort after the end')
  }
}
