/**
 * The sending half of a channel: gathers records, seals them, remembers which messages the peer has yet to acknowledge.
 *
 * @module
 */

import { EMPTY, utf8 } from '../bytes.ts'
import { CodecError } from '../errors.ts'
import type { CipherState } from '../noise.ts'
import { later } from '../pacing/event-loop.ts'
import { Packer } from './packer.ts'
import { encodeRecord, RECORD_TYPES } from './records.ts'
import { rekeyIfDue } from './rekey.ts'
import type { Wire } from './wire.ts'

/** So many long transport messages go out in one system call, which takes a tenth off what a byte costs. */
const TOGETHER = 4

interface Unacknowledged {
  resolve(): void
  reject(error: Error): void
}

/** Records to be sent, and messages to be acknowledged. Everything queued within one turn travels together. */
export class Outbox {
  readonly #wire: Wire
  readonly #cipher: CipherState
  readonly #whenIdle: () => void
  readonly #waiting = new Packer()
  #whenSealed: (() => void)[] = []
  #scheduled = false
  #flushing = false
  #closed = false
  /** Messages, and streams that were ended. */
  #sent = 0
  #acknowledged = 0
  #unacknowledged: Unacknowledged[] = []
  /** Where in `#unacknowledged` the first one is: to take each out would move all the others. */
  #first = 0
  #handled = 0
  #handledSaid = 0

  /** @param whenIdle - called each time everything queued has been handed to the connection. */
  constructor(wire: Wire, cipher: CipherState, whenIdle: () => void) {
    this.#wire = wire
    this.#cipher = cipher
    this.#whenIdle = whenIdle
  }

  /** Whether everything has been handed to the connection. */
  get idle(): boolean {
    return this.#waiting.empty && this.#handled === this.#handledSaid
  }

  /** How many of the peer's messages and streams are acknowledged, or will be with what is sealed next. */
  get handled(): number {
    return this.#handled
  }

  /** How many of our messages and streams the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.#sent - this.#acknowledged
  }

  /** Queues a message; resolves when the peer has acknowledged it. */
  message(bytes: Uint8Array): Promise<void> {
    this.#waiting.message(bytes)
    return this.#sentOneMore()
  }

  /** Queues a piece of our stream; calls back when its bytes may change again, and more may follow. */
  data(bytes: Uint8Array, sealed: () => void): void {
    const copied = this.#waiting.data(bytes)
    this.#flushLater()
    // The writer waits when the connection does, or when this turn has more than one transport message to send.
    if (copied && !this.#flushing && !this.#waiting.several) sealed()
    else this.#whenSealed.push(sealed)
  }

  /** Queues the end of our stream; resolves when the peer has read to it. */
  endOfData(): Promise<void> {
    this.#waiting.record(RECORD_TYPES.data, EMPTY)
    return this.#sentOneMore()
  }

  /** Queues our acknowledgement of the peer's first `count` messages; only the last count said in a turn is sent. */
  acknowledge(count: number): void {
    this.#handled = count
    this.#flushLater()
  }

  /** Queues the end. */
  end(): void {
    this.#waiting.record(RECORD_TYPES.end, EMPTY)
    this.#flushLater()
  }

  /** Says why we give up, if the connection takes it at once: it is not waited for. */
  abort(code: string): void {
    if (this.#closed) return
    this.#waiting.clear()
    this.#waiting.record(RECORD_TYPES.abort, utf8(code))
    this.#sealNext()
  }

  /**
   * The peer has handled our first `count` messages.
   *
   * @throws CodecError `malformed` for a count that does not grow, or of more than we sent.
   */
  hasAcknowledged(count: number): void {
    const before = this.#acknowledged
    if (count <= before || count > this.#sent) {
      throw new CodecError(`record ack: expected ${before + 1} to ${this.#sent}, got ${count}`)
    }
    this.#acknowledged = count
    for (let i = before; i < count; i++) this.#unacknowledged[this.#first++]?.resolve()
    // Seldom, so that each is moved only a few times.
    if (2 * this.#first < this.#unacknowledged.length) return
    this.#unacknowledged = this.#unacknowledged.slice(this.#first)
    this.#first = 0
  }

  /** Nothing more can be sent; every message not acknowledged fails with `error`. */
  close(error?: Error): void {
    this.#closed = true
    this.#waiting.clear()
    this.#whenSealed = []
    this.#cipher.destroy()
    if (error) for (const message of this.#unacknowledged.slice(this.#first)) message.reject(error)
    this.#unacknowledged = []
    this.#first = 0
  }

  #sentOneMore(): Promise<void> {
    this.#sent++
    this.#flushLater()
    return new Promise((resolve, reject) => {
      this.#unacknowledged.push({ resolve, reject })
    })
  }

  #flushLater(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    // By then everything that this turn sends, and handles, is known.
    later(() => {
      this.#scheduled = false
      if (!this.#flushing) this.#flush()
    })
  }

  async #flush(): Promise<void> {
    this.#flushing = true
    while (!this.#closed && !this.idle) {
      this.#sealSome()
      if (this.#wire.full) await this.#wire.drained()
      if (this.#tailMayGrow) break
    }
    this.#flushing = false
    if (this.#closed) return
    this.#tellSealed()
    if (this.idle) this.#whenIdle()
    else this.#flushLater()
  }

  /** The writer of a stream may have more by the next turn: what does not fill a transport message can wait for it. */
  get #tailMayGrow(): boolean {
    return this.#whenSealed.length > 0 && this.#waiting.onlyCopies
  }

  /** Seals a few transport messages, which go out together. */
  #sealSome(): void {
    this.#wire.cork()
    for (let n = 0; n < TOGETHER && !this.idle; n++) {
      this.#sealNext()
      if (this.#tailMayGrow) break
    }
    this.#wire.uncork()
  }

  #tellSealed(): void {
    if (this.#whenSealed.length === 0) return
    const told = this.#whenSealed
    this.#whenSealed = []
    for (const sealed of told) sealed()
  }

  /** Seals one transport message with as many of the waiting records as fit, and our last acknowledgement before them. */
  #sealNext(): void {
    const parts = this.#waiting.next() ?? []
    if (this.#handled > this.#handledSaid) {
      parts.unshift(encodeRecord({ type: 'ack', count: this.#handled }))
      this.#handledSaid = this.#handled
    }
    this.#wire.writeFrame(...this.#cipher.encryptParts(parts))
    rekeyIfDue(this.#cipher)
  }
}
