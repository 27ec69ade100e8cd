/**
 * The sending half of a channel: gathers records, seals them, remembers which messages the peer has yet to acknowledge.
 */
import { EMPTY, utf8 } from '../bytes.ts'
import { CodecError } from '../errors.ts'
import type { CipherState } from '../noise.ts'
import { later } from '../pacing/event-loop.ts'
import { ACK_BYTES, Packer, release } from './packer.ts'
import { encodeRecord, RECORD_TYPES } from './records.ts'
import { rekeyIfDue } from './rekey.ts'
import type { Wire } from './wire.ts'

type Resolve = (value?: PromiseLike<void>) => void

let latest: Resolve
/** One for all promises: a closure for each would cost as much as the rest of a small message. */
const keepResolve = (resolve: Resolve) => {
  latest = resolve
}

/** Records to be sent, and messages to be acknowledged. What is queued within one turn travels together. */
export class Outbox {
  readonly #wire: Wire
  readonly #cipher: CipherState
  readonly #whenIdle: () => void
  readonly #waiting = new Packer()
  /** Writers that wait for room. */
  #writers: (() => void)[] = []
  #scheduled = false
  /** Whether it is waited for until the connection has sent what it was given. */
  #draining = false
  #closed = false
  /** Messages, and streams that were ended. */
  #sent = 0
  #acknowledged = 0
  /** What resolves the promises of acknowledgements, and the count that each promise is for. */
  #resolves: Resolve[] = []
  #counts: number[] = []
  /** Where in them the first one is: to take each out would move all the others. */
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

  /** Whether more would only wait. */
  get full(): boolean {
    return this.#waiting.several || this.#wire.full
  }

  /** How many of the peer's messages and streams are acknowledged, or will be with what is sealed next. */
  get handled(): number {
    return this.#handled
  }

  /** How many of our messages and streams the peer has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** How many of our messages and streams the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.#sent - this.#acknowledged
  }

  /** Queues a message. */
  message(bytes: Uint8Array): void {
    this.#waiting.message(bytes)
    this.#sent++
    this.#queued()
  }

  /** Resolves when the peer has acknowledged everything that was queued so far. */
  whenAcknowledged(): Promise<void> {
    const acknowledged = new Promise<void>(keepResolve)
    this.#resolves.push(latest)
    this.#counts.push(this.#sent)
    return acknowledged
  }

  /** Queues a piece of our stream; calls back when more may follow. */
  data(bytes: Uint8Array, mayFollow: () => void): void {
    if (this.#closed) return
    this.#waiting.data(bytes)
    this.#queued()
    if (this.full) this.#writers.push(() => this.#closed || mayFollow())
    else mayFollow()
  }

  /** Resolves when there is room for more, or the channel is over. */
  whenRoom(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.full || this.#closed) return resolve()
      this.#writers.push(resolve)
      // Where nothing is queued, nothing else sees when the connection has room again.
      this.#flushLater()
    })
  }

  /** Queues the end of our stream; resolves when the peer has read to it. */
  endOfData(): Promise<void> {
    this.#waiting.record(RECORD_TYPES.data, EMPTY)
    this.#sent++
    this.#queued()
    return this.whenAcknowledged()
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
    this.#wire.uncork()
  }

  /**
   * The peer has handled our first `count` messages.
   *
   * @throws CodecError `malformed` for a count that does not grow, or of more than we sent.
   */
  hasAcknowledged(count: number): void {
    if (count <= this.#acknowledged || count > this.#sent) {
      throw new CodecError(`record ack: expected ${this.#acknowledged + 1} to ${this.#sent}, got ${count}`)
    }
    this.#acknowledged = count
    const [resolves, counts] = [this.#resolves, this.#counts]
    let first = this.#first
    while ((counts[first] as number) <= count) (resolves[first++] as Resolve)()
    this.#first = first
    // Seldom, so that each is moved only a few times.
    if (2 * first >= counts.length) this.#forget(first)
  }

  /** Nothing more can be sent; what is not acknowledged fails with `error`. */
  close(error?: Error): void {
    this.#closed = true
    this.#waiting.clear()
    this.#cipher.destroy()
    this.#tellWriters()
    if (error && this.#first < this.#resolves.length) {
      const failed = Promise.reject(error)
      for (const resolve of this.#resolves.slice(this.#first)) resolve(failed)
    }
    this.#forget(this.#resolves.length)
  }

  #forget(count: number): void {
    this.#resolves = this.#resolves.slice(count)
    this.#counts = this.#counts.slice(count)
    this.#first = 0
  }

  /**
   * Full plaintexts go out at once, so that the peer has something to do while the next ones are made; not while the connection drains, which
   * is over when it has nothing left: what is held back for the end of the turn would keep it waiting for ever.
   */
  #queued(): void {
    this.#flushLater()
    if (this.#waiting.several && !this.#closed && !this.#draining) this.#sealFull()
  }

  #flushLater(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    // By then everything that this turn sends, and handles, is known.
    later(() => this.#flush())
  }

  #flush(): void {
    if (this.#closed) return
    this.#sealFull()
    this.#wire.uncork()
    if (this.full) {
      this.#draining = true
      this.#wire.drained().then(() => {
        this.#draining = false
        this.#flush()
      })
      return
    }
    this.#scheduled = false
    if (this.#writers.length > 0) {
      // They may have more by the next turn: what does not fill a transport message can wait for it.
      this.#flushLater()
      this.#tellWriters()
      return
    }
    if (!this.idle) this.#sealNext()
    this.#wire.uncork()
    this.#whenIdle()
  }

  #tellWriters(): void {
    const writers = this.#writers
    this.#writers = []
    for (const mayWrite of writers) mayWrite()
  }

  #sealFull(): void {
    while (this.#waiting.several && !this.#wire.full) {
      this.#sealNext()
      if (this.#wire.full) this.#wire.uncork()
    }
  }

  /** Seals one transport message with as many of the waiting records as fit, and our last acknowledgement before them. */
  #sealNext(): void {
    const plaintext = this.#waiting.next() ?? { bytes: new Uint8Array(ACK_BYTES), length: ACK_BYTES }
    let from = ACK_BYTES
    if (this.#handled > this.#handledSaid) {
      from = 0
      plaintext.bytes.set(encodeRecord({ type: 'ack', count: this.#handled }))
      this.#handledSaid = this.#handled
    }
    this.#wire.cork()
    this.#wire.writeFrame(...this.#cipher.encryptInParts(plaintext.bytes.subarray(from, plaintext.length)))
    release(plaintext)
    rekeyIfDue(this.#cipher)
  }
}
