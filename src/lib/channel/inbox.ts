/**
 * The receiving half of a channel: keeps what has come, messages and pieces of streams in one order, until it is read.
 */
import { concat } from '../bytes.ts'
import { CodecError, ProtocolError } from '../errors.ts'
import { Assembly } from './assembly.ts'
import { Message } from './message.ts'
import type { StreamReader } from './stream.ts'

/** How much may wait unread before the channel stops reading, and TCP makes the peer wait. */
const MAX_WAITING_BYTES = 1024 * 1024
/** What something that waits costs besides its bytes, so that a million empty messages do not come for free. */
const OVERHEAD_BYTES = 128
/** Pieces of a stream that waited are given together up to this. */
const TOGETHER_BYTES = 16 * 1024

/** So many are taken out of the queue at once, so that each is moved only a few times. */
const MANY_TAKEN = 1024

/** What comes next. */
export type IncomingKind = 'message' | 'stream'

/** A message, a piece of a stream, or, empty, the end of one. */
type Incoming = Message | Uint8Array

/** A reader to whom messages are given as they come. */
interface Handler {
  handle(message: Message): unknown
  /** A message has been handled. */
  handled(): void
  resolve(): void
  reject(error: unknown): void
}

interface Waiter {
  resolve(): void
  reject(error: Error): void
}

/** What has come, on its way from the connection to the channel's reader. */
export class Inbox {
  readonly #assembly: Assembly
  readonly #roomAgain: () => void
  #waiting: (Incoming | undefined)[] = []
  /** Where in `#waiting` the first one is: `shift` would move all the others. */
  #first = 0
  #waitingBytes = 0
  /** Whether the peer has begun a stream that it has not ended. */
  #insideStream = false
  /** The plaintext in which it began, while that comes: what is before it is others', and a reader gives back what only it has. */
  #beganIn: ArrayBufferLike | undefined
  #waiter: Waiter | undefined
  #handler: Handler | undefined
  /** While it has a message in hand: how many had been delivered before. */
  #inHand: number | undefined
  /** Whether something came meanwhile. */
  #missed = false
  #stream: StreamReader | undefined
  /** Whether the stream's reader wants more, and whether it is being given some. */
  #flowing = false
  #giving = false
  /** Streams given to their reader to the end, of which it has not said so; and the messages read that came after. */
  #unfinished = 0
  #behind = 0
  #ended = false
  #discarding = false
  #failure: Error | undefined
  #delivered = 0

  /** @param roomAgain - called when there is room for more after there was none. */
  constructor(maxMessageBytes: number, roomAgain: () => void = () => {}) {
    this.#assembly = new Assembly(maxMessageBytes)
    this.#roomAgain = roomAgain
  }

  /** How many messages have been given to the reader, and streams read to their end, with all before them. */
  get delivered(): number {
    return this.#delivered
  }

  /** The same without what `forEach` has in hand, and what came after: the peer is not to take that for handled. */
  get handled(): number {
    return this.#inHand ?? this.#delivered
  }

  /** Whether nothing more will be given to the reader, and it has read all. */
  get finished(): boolean {
    return this.#discarding || (this.#ended && this.#head === undefined && this.#unfinished === 0)
  }

  /** Whether the peer has said its end. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Takes a part of a message; more follow.
   *
   * @throws ProtocolError `message_too_large`; CodecError `malformed` after the end, or inside a stream.
   */
  part(body: Uint8Array): void {
    this.#refuseMessageNow()
    this.#assembly.part(body)
  }

  /**
   * Takes the last, or only, part of a message, whose bytes must stay as they are.
   *
   * @returns the message, which is then to be given to `arrived`.
   * @throws ProtocolError `message_too_large`; CodecError `malformed` after the end, or inside a stream.
   */
  message(body: Uint8Array): Message {
    this.#refuseMessageNow()
    return this.#assembly.last(body)
  }

  /** Gives a message to its reader, now or later. @returns false when whatever comes is being discarded. */
  arrived(message: Message): boolean {
    if (this.#discarding) return false
    if (this.#handler && this.#inHand === undefined && this.#head === undefined) {
      this.#handle(this.#handler, message)
      if (this.#missed) this.#handleWaiting()
    } else this.#enqueue(message)
    return true
  }

  /**
   * Takes a piece of a stream, or its end, which is empty.
   *
   * @returns false when whatever comes is being discarded.
   * @throws CodecError `malformed` after the end, or inside a message.
   */
  data(body: Uint8Array): boolean {
    this.#refuseAfterEnd()
    if (this.#assembly.begun) throw new CodecError('record data: inside a message')
    this.#beganIn = this.#insideStream && body.buffer !== this.#beganIn ? undefined : body.buffer
    this.#insideStream = body.length > 0
    if (this.#discarding) return false
    this.#enqueue(this.#beganIn ? body.slice() : body)
    return true
  }

  /**
   * The peer sends nothing more.
   *
   * @throws CodecError `malformed` inside a message or a stream, or the second time.
   */
  end(): void {
    this.#refuseAfterEnd()
    if (this.#assembly.begun) throw new CodecError('record end: inside a message')
    if (this.#insideStream) throw new CodecError('record end: inside a stream')
    this.#ended = true
    this.#flow()
  }

  /** Nothing more will come, because of an error; what has come can still be read. */
  fail(error: Error): void {
    this.#failure = error
    this.#waiter?.reject(error)
    this.#waiter = undefined
    this.#handleWaiting()
  }

  /**
   * What comes next, or nothing after the end. A stream that has its reader is the reader's: what comes after it is told.
   *
   * @param signal - ends the waiting; what comes afterwards is there for the next call.
   */
  async next(signal?: AbortSignal): Promise<IncomingKind | undefined> {
    for (;;) {
      if (this.#waiter || this.#handler) throw twoReaders()
      if (this.#ready) break
      if (this.#failure) throw this.#failure
      await this.#wait(signal)
    }
    const head = this.#head
    return head && (head instanceof Message ? 'message' : 'stream')
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    let stop = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { resolve, reject }
        this.#waiter = waiter
        stop = () => {
          if (this.#waiter !== waiter) return
          this.#waiter = undefined
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', stop)
      })
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /**
   * The next message, or nothing after the end.
   *
   * @throws ProtocolError `stream_unexpected` when a stream comes next: it can still be read.
   */
  receive(signal?: AbortSignal): Promise<Message | undefined> {
    const message = this.receiveNow()
    return message ? Promise.resolve(message) : this.#receiveLater(signal)
  }

  /** The next message, if it is here. */
  receiveNow(): Message | undefined {
    if (this.#waiter || this.#handler || !(this.#head instanceof Message)) return undefined
    this.#count()
    return this.#take() as Message
  }

  async #receiveLater(signal?: AbortSignal): Promise<Message | undefined> {
    for (let kind = await this.next(signal); kind; kind = await this.next(signal)) {
      if (kind === 'stream') throw streamUnexpected()
      const message = this.receiveNow()
      // Between its coming and this moment another reader may have taken it, or all may have been dropped.
      if (message) return message
    }
    return undefined
  }

  /**
   * Has the messages given to a function, until the end.
   *
   * @param handled - called after each message that was handled.
   * @throws as `receive`; what `handle` throws.
   */
  forEach(handle: (message: Message) => unknown, handled: () => void): Promise<void> {
    if (this.#waiter || this.#handler) throw twoReaders()
    return new Promise((resolve, reject) => {
      this.#handler = { handle, handled, resolve, reject }
      this.#handleWaiting()
    })
  }

  /** Gives the handler what waits, one after the other, and tells it the end. */
  #handleWaiting(): void {
    this.#missed = this.#inHand !== undefined
    while (this.#handler && this.#inHand === undefined) {
      const handler = this.#handler
      if (this.#head instanceof Message) {
        // To take a message may make room, and more comes in that very moment: it waits behind that message.
        this.#inHand = this.#delivered
        this.#handle(handler, this.#take() as Message)
        continue
      }
      if (!this.#ready && !this.#failure) return
      this.#handler = undefined
      if (!this.#ready) handler.reject(this.#failure)
      else if (this.#head) handler.reject(streamUnexpected())
      else handler.resolve()
    }
  }

  #handle(handler: Handler, message: Message): void {
    this.#inHand = this.#delivered
    this.#count()
    try {
      const result = handler.handle(message) as PromiseLike<unknown> | undefined | null
      if (typeof result?.then !== 'function') {
        this.#inHand = undefined
        handler.handled()
        return
      }
      result.then(
        () => {
          this.#inHand = undefined
          handler.handled()
          this.#handleWaiting()
        },
        (error) => this.#couldNotHandle(handler, error),
      )
    } catch (error) {
      this.#couldNotHandle(handler, error)
    }
  }

  #couldNotHandle(handler: Handler, error: unknown): void {
    this.#inHand = undefined
    this.#handler = undefined
    handler.reject(error)
  }

  /** From now on, and after each `resume`, `reader` gets the pieces of the next stream. */
  read(reader: StreamReader): void {
    this.#stream = reader
  }

  /** The stream's reader takes pieces again. */
  resume(): void {
    if (this.#flowing) return
    this.#flowing = true
    this.#flow()
  }

  /**
   * From now on there is no reader: what waits and what comes is dropped, so that the peer's end can be seen.
   *
   * @returns how many messages and pieces were waiting.
   */
  discard(): number {
    const unread = this.#waiting.length - this.#first
    this.#discarding = true
    this.#waiting = []
    this.#first = 0
    this.#waitingBytes = 0
    this.#wake()
    this.#roomAgain()
    return unread
  }

  /** Whether so much waits that no more should come; `roomAgain` is called when that has changed. */
  get full(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES
  }

  get #head(): Incoming | undefined {
    return this.#waiting[this.#first]
  }

  /** Whether it is known what comes next for a reader who asks. */
  get #ready(): boolean {
    const head = this.#head
    if (head === undefined) return this.#ended || this.#discarding
    return head instanceof Message || this.#stream === undefined
  }

  #wake(): void {
    this.#handleWaiting()
    if (!this.#waiter || !this.#ready) return
    this.#waiter.resolve()
    this.#waiter = undefined
  }

  #enqueue(item: Incoming): void {
    this.#waiting.push(item)
    this.#waitingBytes += sizeOf(item)
    this.#flow()
  }

  #take(): Incoming {
    const item = this.#waiting[this.#first] as Incoming
    // Let go of now: where something always waits, the queue is never empty.
    this.#waiting[this.#first++] = undefined
    if (this.#first === this.#waiting.length) {
      this.#waiting = []
      this.#first = 0
    } else if (this.#first >= MANY_TAKEN && 2 * this.#first >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    const before = this.full
    this.#waitingBytes -= sizeOf(item)
    if (before && !this.full) this.#roomAgain()
    return item
  }

  /** Counts a message that is given to its reader. */
  #count(): void {
    // To the peer a count says that all before it is handled: a stream that is still being read is not.
    if (this.#unfinished > 0) this.#behind++
    else this.#delivered++
  }

  /**
   * Gives the stream's reader what there is for it, as long as it wants more; what comes after the stream, others may be waiting for. To
   * take a piece may make room, and more comes in that very moment: it waits behind that piece.
   */
  #flow(): void {
    if (this.#giving) return
    this.#giving = true
    try {
      while (this.#flowing && this.#stream && this.#give(this.#stream)) {}
    } finally {
      this.#giving = false
    }
    this.#wake()
  }

  /** @returns whether there was something to give. */
  #give(reader: StreamReader): boolean {
    const head = this.#head
    if (head instanceof Message) return false
    if (head === undefined) {
      // No stream comes any more: for its reader that is an empty one, which the peer need not be told of.
      if (this.#ended) this.#endStream(() => {})
      return false
    }
    if (head.length > 0) {
      const piece = this.#takePieces()
      // It may ask for more before it has answered.
      this.#flowing = false
      if (reader.piece(piece)) this.#flowing = true
      return true
    }
    this.#take()
    this.#unfinished++
    this.#endStream(() => {
      this.#unfinished--
      this.#delivered += 1 + this.#behind
      this.#behind = 0
    })
    return true
  }

  /** The next piece; with short ones that wait behind it, each of which would cost its reader as much as a long one. */
  #takePieces(): Uint8Array {
    const first = this.#take() as Uint8Array
    const pieces = [first]
    let length = first.length
    for (let next = this.#head; next && !(next instanceof Message); next = this.#head) {
      length += next.length
      if (next.length === 0 || length > TOGETHER_BYTES) break
      pieces.push(this.#take() as Uint8Array)
    }
    return pieces.length === 1 ? first : concat(...pieces)
  }

  #endStream(read: () => void): void {
    const reader = this.#stream
    this.#stream = undefined
    this.#flowing = false
    reader?.ended(read)
  }

  #refuseMessageNow(): void {
    this.#refuseAfterEnd()
    if (this.#insideStream) throw new CodecError('record message: inside a stream')
  }

  #refuseAfterEnd(): void {
    if (this.#ended) throw new CodecError('record: something other than ack or abort after the end')
  }
}

function sizeOf(item: Incoming): number {
  return OVERHEAD_BYTES + item.length
}

function twoReaders(): TypeError {
  return new TypeError('Channel: a reader is already waiting for what comes next')
}

function streamUnexpected(): ProtocolError {
  return new ProtocolError('stream_unexpected', 'a stream comes next, not a message')
}
