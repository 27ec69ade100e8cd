/** The channel: messages between two names, over one authenticated, encrypted connection. docs/protocol.md §5. */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { abortable, type WaitOptions } from '../abort.ts'
import { EMPTY, utf8 } from '../bytes.ts'
import { judgeArgument, judgeMessage, judgeOptions } from '../check-options.ts'
import { CodecError, ProtocolError, SymbolonError, TransportError } from '../errors.ts'
import { type CipherState, MAX_NOISE_MESSAGE_BYTES, type Transport } from '../noise.ts'
import { Inbox, type IncomingKind } from './inbox.ts'
import { MAX_MESSAGE_BYTES, type Message } from './message.ts'
import { type ChannelOptions, CLOSE_TIMEOUT_MS, type Peer, type ReceiveOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { MIN_FRAME_BYTES, type RecordVisitor, recordTrace, visitRecords } from './records.ts'
import { rekeyIfDue } from './rekey.ts'
import { ChannelStream } from './stream.ts'
import { toWebStreams, type WebStreams } from './web-stream.ts'
import type { Wire } from './wire.ts'

/**
 * One conversation. Both sides may send at any time: messages, which arrive whole, in order, once, and streams of bytes
 * between them.
 *
 * A received message is acknowledged once it has been handled: when its reader asks for the next one, or calls `close`;
 * a stream once it has been read to its end. `destroy` acknowledges nothing more.
 *
 * @example
 * for await (const message of channel) console.log(message.text)
 * await channel.close()
 */
export class Channel implements AsyncIterable<Message> {
  /** Who is at the other end. */
  readonly peer: Peer
  /** Names this conversation uniquely; the same on both sides (Noise §11.2). 32 bytes. */
  readonly handshakeHash: Uint8Array

  readonly #wire: Wire
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #cipher: CipherState
  readonly #maxMessageBytes: number
  readonly #closeTimeoutMs: number
  readonly #trace: ReturnType<typeof recordTrace>
  #stream: ChannelStream | undefined
  #endSent = false
  #peerClosed = false
  #leftUnread = false
  #over = false
  #failure: SymbolonError | undefined
  readonly #whenOver: Promise<void>
  #declareOver: () => void = () => {}

  /** `connect` and `listen` make channels; this is for those who bring their own connection and handshake. */
  constructor(wire: Wire, transport: Transport, options: ChannelOptions) {
    const { peer, maxMessageBytes = MAX_MESSAGE_BYTES } = options
    this.peer = peer
    this.handshakeHash = transport.handshakeHash
    this.#wire = wire
    this.#cipher = transport.receive
    this.#outbox = new Outbox(wire, transport.send, () => this.#endConnectionIfDone())
    this.#inbox = new Inbox(maxMessageBytes, () => wire.resume())
    this.#maxMessageBytes = maxMessageBytes
    this.#closeTimeoutMs = options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS
    this.#trace = recordTrace(options.trace, options.us ?? 'us', peer.username)
    this.#whenOver = new Promise((resolve) => {
      this.#declareOver = resolve
    })
    wire.readFrames({
      min: MIN_FRAME_BYTES,
      max: MAX_NOISE_MESSAGE_BYTES,
      deliver: (frame) => this.#guard(() => this.#onFrame(frame)),
      ended: () => this.#guard(() => this.#peerHalfClosed()),
      failed: (error) => this.#fail(error),
    })
  }

  /** Resolves when the connection is closed, in whatever way. */
  get closed(): Promise<void> {
    return this.#whenOver
  }

  /** How many of our messages and streams the peer has acknowledged: they are the first that were sent. It stays when the channel is over. */
  get acknowledged(): number {
    return this.#outbox.acknowledged
  }

  /**
   * Sends one message. What is sent within one turn of the event loop travels together.
   *
   * @param message - text is sent as UTF-8, bytes as they are; at most `maxMessageBytes`. They are copied.
   * @returns when the peer has acknowledged it. Waiting for that also keeps the sender from running ahead of the peer.
   * @param options.signal - ends the waiting. The message may or may not arrive, in its place before the next; the channel can be used as
   *   before, and `close` waits for the acknowledgement as long as for the end. Aborted already, nothing is sent.
   * @throws ProtocolError `message_too_large`, `stream_unfinished`, `channel_closed`, `not_acknowledged`, `channel_aborted`, `frame_damaged`;
   *   CodecError `malformed`; TransportError `channel_truncated`, `peer_silent`; the reason of `signal`. After all but the first two it may or
   *   may not have arrived. TypeError.
   */
  send(message: string | Uint8Array, options?: WaitOptions): Promise<void> {
    return options ? abortable('send', options, () => this.#send(message)) : this.#send(message)
  }

  #send(message: string | Uint8Array): Promise<void> {
    const refusal = this.#queue('send', message)
    return refusal ? Promise.reject(refusal) : this.#outbox.whenAcknowledged()
  }

  /**
   * Sends one message, as `send`, without a promise for it: for many small ones. `flush` waits for all of them.
   *
   * @returns whether more should follow at once: if not, wait for `drained`. It is sent in either case.
   * @throws as `send`, at once.
   * @example if (!channel.write(reading)) await channel.drained()
   */
  write(message: string | Uint8Array): boolean {
    const refusal = this.#queue('write', message)
    if (refusal) throw refusal
    return !this.#outbox.full
  }

  /** Waits until more should be written. @throws what ended the channel, as `send`; the reason of `signal`; TypeError. */
  drained(options: WaitOptions = {}): Promise<void> {
    return abortable('drained', options, async () => {
      await this.#outbox.whenRoom()
      if (this.#failure) throw this.#failure
    })
  }

  /**
   * Waits until the peer has acknowledged every message that was sent so far.
   *
   * @throws what ended the channel, as `send`: `acknowledged` says how many messages arrived nevertheless; the reason of `signal`; TypeError.
   */
  flush(options: WaitOptions = {}): Promise<void> {
    return abortable('flush', options, async () => {
      if (this.#outbox.unacknowledged > 0 && !this.#failure) await this.#outbox.whenAcknowledged()
      if (this.#failure) throw this.#failure
    })
  }

  /**
   * The channel as a stream of bytes in both directions, with what Node's streams do about fast writers and slow readers.
   *
   * `end` ends our half of it, and `finish` comes once the peer has read all of it. Reading ends where the peer has said so,
   * and nowhere else: a channel that is cut is an error. To destroy it is to give up the channel. Its bytes go to the
   * peer's stream, in order with the messages sent before and after. The bytes of a chunk must not change before it has been written.
   *
   * @returns one at a time: the next when both halves of this one are over.
   * @throws ProtocolError `channel_closed`; TypeError while there is another.
   * @example await pipeline(createReadStream('backup.tar'), channel.stream())
   */
  stream(): Duplex {
    if (this.#stream) throw new TypeError('Channel: there is a stream already')
    if (this.#failure) throw this.#failure
    if (this.#endSent) throw new ProtocolError('channel_closed', 'nothing can be sent after the end')
    const stream = new ChannelStream({
      write: (piece, mayFollow) => {
        this.#trace?.('sent', { type: 'data', body: piece })
        this.#outbox.data(piece, mayFollow)
      },
      end: () => {
        this.#trace?.('sent', { type: 'data', body: EMPTY })
        return this.#outbox.endOfData()
      },
      resume: () => this.#inbox.resume(),
      wasRead: () => this.#acknowledge(),
      abort: (code) => this.destroy(code),
    })
    stream.once('close', () => {
      this.#stream = undefined
    })
    this.#stream = stream
    this.#acknowledge()
    this.#inbox.read(stream)
    return stream
  }

  /** The same as web streams: `stream()` says more. */
  webStream(): WebStreams {
    return toWebStreams(this.stream())
  }

  /**
   * What comes next, without taking it; to ask acknowledges the message before.
   *
   * @returns nothing once the peer has ended.
   * @throws as `receive`.
   */
  next(options?: ReceiveOptions): Promise<IncomingKind | undefined> {
    if (options) judgeOptions('next', options, { signal: 'signal' })
    this.#acknowledge()
    return this.#inbox.next(options?.signal)
  }

  /**
   * The next message, in order; asking for it acknowledges the one before.
   *
   * @returns nothing once the peer has ended.
   * @throws ProtocolError `stream_unexpected` when a stream comes instead, which `stream` can read; TransportError
   *   `channel_truncated` when the connection was cut; the channel's other errors; the reason of `signal`; TypeError.
   */
  receive(options?: ReceiveOptions): Promise<Message | undefined> {
    if (options) judgeOptions('receive', options, { signal: 'signal' })
    this.#acknowledge()
    return this.#inbox.receive(options?.signal)
  }

  /** The messages until the peer ends. Leaving the loop early leaves the channel open. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return {
      next: () => {
        this.#acknowledge()
        const value = this.#inbox.receiveNow()
        // Without a promise for the message beside the one for the step: that is half of what a small one costs.
        if (value) return Promise.resolve({ value })
        return this.#inbox.receive().then((value) => (value ? { value } : { done: true, value }))
      },
    }
  }

  /**
   * Has each message given to a function, until the peer ends: the quickest way to read many small ones. A message is acknowledged
   * once it has been handled: when the function returns or, where that is a promise, when it resolves; the next one waits for that.
   *
   * @param handler - called with one message after the other. What it throws ends the reading, not the channel, and is thrown here.
   * @throws as `receive`; TypeError while there is another reader.
   * @example await channel.forEach((message) => console.log(message.text))
   */
  forEach(handler: (message: Message) => unknown): Promise<void> {
    judgeArgument('forEach: handler', handler, 'function')
    this.#acknowledge()
    return this.#inbox.forEach(handler, () => this.#acknowledge())
  }

  /**
   * Says that we send nothing more. The peer may go on, and we may go on reading.
   *
   * @throws ProtocolError `stream_unfinished`.
   */
  end(): void {
    if (this.#endSent || this.#over) return
    if (this.#stream?.unfinished) throw unfinished()
    this.#endSent = true
    this.#trace?.('sent', { type: 'end' })
    this.#outbox.end()
  }

  /**
   * Ends in good order: acknowledges what was read, says the end, and waits for the peer's. Messages that were not
   * read, waiting here or still coming, end it otherwise: the peer is told that they were `not_read`. So does a stream that
   * was not finished, which must not look whole: the peer is told `gave_up`.
   *
   * @throws ProtocolError `stream_unfinished`; TransportError `channel_truncated`; `peer_silent` when the peer's end does not come in time.
   */
  async close(): Promise<void> {
    const stream = this.#stream
    if (stream?.unfinished && !stream.writableEnded) {
      this.destroy()
      throw unfinished()
    }
    const timer = setTimeout(() => {
      this.#fail(new TransportError('peer_silent', 'the peer did not end the conversation in time'))
    }, this.#closeTimeoutMs)
    if (stream?.unfinished) await Promise.race([once(stream, 'finish').catch(() => {}), this.#whenOver])
    this.#acknowledge(this.#inbox.delivered)
    if (this.#inbox.discard() > 0 && !this.#over) this.#refuseUnread()
    this.end()
    this.#endConnectionIfDone()
    await this.#whenOver
    clearTimeout(timer)
    if (this.#failure && !this.#leftUnread) throw this.#failure
  }

  /** The same for `await using`, unless the channel is over already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) await this.close()
  }

  /**
   * Gives up at once; whatever waits fails with `channel_closed`.
   *
   * @param code - tells the peer why: 1 to 64 of `a-z _`.
   */
  destroy(code = 'gave_up'): void {
    // It ends with no error event of its own: the caller of `destroy` knows.
    const stream = this.#stream
    this.#stream = undefined
    this.#abort(code, new ProtocolError('channel_closed', 'the channel was destroyed at this end'))
    stream?.destroy()
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#over) return
    visitRecords(this.#open(frame), this.#visitor, () => !this.#over)
    if (this.#inbox.full) this.#wire.pause()
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail(error)
    }
  }

  #open(frame: Uint8Array): Uint8Array {
    try {
      const plaintext = this.#cipher.decryptWithAd(EMPTY, frame)
      rekeyIfDue(this.#cipher)
      return plaintext
    } catch (cause) {
      throw new ProtocolError('frame_damaged', 'what arrived was changed, repeated, reordered or forged', {
        cause,
      })
    }
  }

  /** What is done with each record that comes. */
  readonly #visitor: RecordVisitor = {
    part: (body) => this.#inbox.part(body),
    message: (body) => {
      const message = this.#inbox.message(body)
      this.#trace?.('received', { type: 'message', body: message.bytes })
      if (!this.#inbox.arrived(message)) this.#refuseUnread()
    },
    data: (body) => {
      this.#trace?.('received', { type: 'data', body })
      if (!this.#inbox.data(body)) this.#refuseUnread()
    },
    ack: (count) => {
      this.#trace?.('received', { type: 'ack', count })
      this.#outbox.hasAcknowledged(count)
    },
    end: () => {
      this.#trace?.('received', { type: 'end' })
      this.#inbox.end()
      this.#endConnectionIfDone()
    },
    abort: (code) => {
      this.#trace?.('received', { type: 'abort', code })
      if (code === 'version_unknown')
        throw new ProtocolError(code, 'the peer does not know this version of what is sent')
      const why = code === 'gave_up' ? '' : `: ${code}`
      throw new ProtocolError('channel_aborted', `the peer gave up${why}`)
    },
  }

  /** @returns why not, if it cannot be sent. */
  #queue(where: string, message: string | Uint8Array): SymbolonError | undefined {
    judgeMessage(where, message)
    const bytes = typeof message === 'string' ? utf8(message) : message
    const limit = this.#maxMessageBytes
    if (bytes.length > limit) {
      return new ProtocolError(
        'message_too_large',
        `a message has at most ${limit} bytes, not ${bytes.length}`,
      )
    }
    if (this.#failure) return this.#failure
    if (this.#endSent) return new ProtocolError('channel_closed', 'nothing can be sent after the end')
    if (this.#stream?.unfinished) return unfinished()
    this.#trace?.('sent', { type: 'message', body: bytes })
    this.#outbox.message(bytes)
    return undefined
  }

  #acknowledge(count = this.#inbox.handled): void {
    if (this.#over || count <= this.#outbox.handled) return
    this.#trace?.('sent', { type: 'ack', count })
    this.#outbox.acknowledge(count)
  }

  // Our half of the connection ends once both ends have been said and nothing is left to acknowledge: §5.5.
  #endConnectionIfDone(): void {
    if (this.#over || !this.#endSent || !this.#inbox.ended || !this.#outbox.idle) return
    if (!this.#inbox.finished || this.#outbox.handled < this.#inbox.delivered) return
    this.#wire.end()
    if (this.#peerClosed) this.#finish()
  }

  // The peer has closed its half, which it may do once it has seen our end; we may still have to acknowledge.
  #peerHalfClosed(): void {
    if (!this.#inbox.ended || !this.#endSent) {
      throw new TransportError('channel_truncated', 'the connection was cut before its authenticated end')
    }
    const count = this.#outbox.unacknowledged
    if (count > 0) {
      throw new ProtocolError(
        'not_acknowledged',
        `the peer left without acknowledging ${count} of our messages and streams`,
      )
    }
    this.#peerClosed = true
    this.#endConnectionIfDone()
  }

  // The peer waits for an acknowledgement that will not come.
  #refuseUnread(): void {
    this.#leftUnread = true
    this.#abort(
      'not_read',
      new ProtocolError('channel_closed', 'the channel was closed with messages unread'),
    )
  }

  #abort(code: string, error: SymbolonError): void {
    if (this.#over) return
    this.#trace?.('sent', { type: 'abort', code })
    this.#outbox.abort(code)
    this.#wire.linger()
    this.#finish(error)
  }

  #fail(error: unknown): void {
    if (this.#over) return
    // The peer has proved who it is, so it may know; about a frame that did not open there is no one to tell.
    if (
      error instanceof CodecError ||
      (error instanceof ProtocolError && error.code === 'message_too_large')
    ) {
      this.#abort(error.code, error)
      return
    }
    this.#wire.destroy()
    this.#finish(
      error instanceof SymbolonError
        ? error
        : new TransportError('channel_truncated', 'the channel broke', { cause: error }),
    )
  }

  #finish(failure?: SymbolonError): void {
    this.#over = true
    this.#failure = failure
    this.#outbox.close(failure)
    this.#cipher.destroy()
    if (failure) this.#inbox.fail(failure)
    // After everything that it has been given, so that a stream which came to its end is not taken for one that was cut.
    this.#stream?.destroy(failure)
    this.#declareOver()
  }
}

function unfinished(): ProtocolError {
  return new ProtocolError('stream_unfinished', 'the stream is to be ended first')
}
