/**
 * The sending half of a channel: gathers records, seals them, remembers which messages the peer has yet to acknowledge.
 *
 * @module
 */
import { concat, EMPTY } from './bytes.ts'
import { CodecError } from './errors.ts'
import type { CipherState } from './noise.ts'
import { encodeMessage, encodeRecord, MAX_PLAINTEXT_BYTES } from './records.ts'
import { rekeyIfDue } from './rekey.ts'
import type { Wire } from './wire.ts'

interface Unacknowledged {
  resolve(): void
  reject(error: Error): void
}

/** What waits to be sent, and what waits to be acknowledged. Everything queued within one turn travels together. */
export class Outbox {
  readonly #wire: Wire
  readonly #cipher: CipherState
  readonly #whenIdle: () => void
  #records: Uint8Array[] = []
  #flushing = false
  #closed = false
  #sent = 0
  readonly #unacknowledged: Unacknowledged[] = []
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
    return this.#records.length === 0 && this.#handled === this.#handledSaid
  }

  /** How many of our messages the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged.length
  }

  /** Queues a message; resolves when the peer has acknowledged it. */
  message(bytes: Uint8Array): Promise<void> {
    this.#sent++
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.#unacknowledged.push({ resolve, reject })
    })
    for (const record of encodeMessage(bytes)) this.#records.push(record)
    this.#flushSoon()
    return acknowledged
  }

  /**
   * Queues our acknowledgement of the peer's first `count` messages; only the last count said in a turn is sent. A reader
   * handles many messages in one turn, in microtasks of their own: the acknowledgement waits for the turn to end.
   */
  acknowledge(count: number): void {
    if (this.idle) setImmediate(() => this.#flushSoon())
    this.#handled = count
  }

  /** Queues the end. */
  end(): void {
    this.#records.push(encodeRecord({ type: 'end' }))
    this.#flushSoon()
  }

  /** Says why we give up, if the connection takes it at once: nobody waits for it. */
  abort(code: string): void {
    if (this.#closed) return
    this.#records = [encodeRecord({ type: 'abort', code })]
    this.#sealAndWrite()
  }

  /**
   * The peer has handled our first `count` messages.
   *
   * @throws CodecError `malformed` for a count that does not grow, or of more than we sent.
   */
  acknowledged(count: number): void {
    const before = this.#sent - this.#unacknowledged.length
    if (count <= before || count > this.#sent) {
      throw new CodecError(`record ack: expected ${before + 1} to ${this.#sent}, got ${count}`)
    }
    for (const message of this.#unacknowledged.splice(0, count - before)) message.resolve()
  }

  /** Nothing more can be sent; every message not acknowledged fails with `error`. */
  close(error?: Error): void {
    this.#closed = true
    this.#records = []
    this.#cipher.destroy()
    if (error) for (const message of this.#unacknowledged.splice(0)) message.reject(error)
  }

  #flushSoon(): void {
    if (this.#flushing || this.#closed) return
    this.#flushing = true
    // A microtask later, everything that this turn sends is in the queue.
    queueMicrotask(() => this.#flush())
  }

  async #flush(): Promise<void> {
    while (!this.#closed && !this.idle) {
      if (!this.#sealAndWrite()) await this.#wire.drained()
    }
    this.#flushing = false
    if (!this.#closed) this.#whenIdle()
  }

  // One transport message with as many of the waiting records as fit.
  #sealAndWrite(): boolean {
    const parts: Uint8Array[] = []
    if (this.#handled > this.#handledSaid) {
      parts.push(encodeRecord({ type: 'ack', count: this.#handled }))
      this.#handledSaid = this.#handled
    }
    let bytes = parts[0]?.length ?? 0
    let taken = 0
    for (const record of this.#records) {
      bytes += record.length
      if (bytes > MAX_PLAINTEXT_BYTES) break
      parts.push(record)
      taken++
    }
    this.#records = taken === this.#records.length ? [] : this.#records.slice(taken)
    const accepted = this.#wire.writeFrame(this.#cipher.encryptWithAd(EMPTY, concat(...parts)))
    rekeyIfDue(this.#cipher)
    return accepted
  }
}
