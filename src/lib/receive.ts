/** All that others send, directly and by way of the KDC, as one sequence. */
import { abortable, type Deferred, deferred, type WaitOptions } from './abort.ts'
import { EMPTY } from './bytes.ts'
import type { Channel } from './channel/channel.ts'
import { ProtocolError, SymbolonError } from './errors.ts'
import { type FileNote, fetchFile, fileNoteOf } from './mls/files.ts'
import { followMailbox } from './mls/follow-mailbox.ts'
import type { MailboxHandle } from './mls/mailbox-handle.ts'
import { kindOf, textOf } from './mls/payload.ts'
import type { MailMessage } from './mls/state/stored-message.ts'
import { filesByPath, type SavedFile } from './paths.ts'
import type { Presence, PresenceChange, PresenceOptions } from './presence.ts'
import {
  attributesIn,
  type FileSink,
  type ItemResult,
  type Refused,
  receiveItems,
  type TransferItem,
  type TreeSink,
} from './transfer/index.ts'

/** A sender that lets us wait for so long is gone, or wants to keep our room. */
const PATIENCE_MS = 600_000
/** How long a transfer may take to come to its end, when nothing more of it is wanted. */
const END_TIMEOUT_MS = 5_000
/** Messages that are read from the state together. */
const READ_AT_ONCE = 16

/** What is not better after a while: the state is not what was written, or sealed with another password. */
const FINAL: readonly string[] = ['state_damaged', 'state_locked', 'kdc_key_changed', 'file_not_private']
/** Why a stored file cannot be had, now or later. */
const GONE: readonly unknown[] = ['file_unknown', 'file_damaged']

/** Where to be reachable. */
export type ListenPlace = Pick<PresenceOptions, 'host' | 'port' | 'refreshIntervalMs' | 'isOfThisMachine'>

/** How to receive. */
export interface MessagesOptions {
  /**
   * Ends it in good order, when the next message is asked for, or while it is waited for. A file that is still coming then has five seconds to
   * be here.
   */
  readonly signal?: AbortSignal | undefined
  /** Where to listen for those who send directly; `false` for not at all. Default: at 127.0.0.1, any free port. */
  readonly listen?: ListenPlace | false | undefined
  /** Largest file that is offered when it comes directly, in bytes. Default: 1 GB. */
  readonly maxFileBytes?: number | undefined
  /** Hears that this principal can be reached now; that the KDC was lost, is back, or that there is a new session: none of these ends it. */
  readonly onChange?: ((change: MessagesChange) => void) | undefined
}

/** What `Session.messages` tells meanwhile. */
export type MessagesChange =
  | Exclude<PresenceChange, { state: 'refused' }>
  /** What was stored has been handled, and others can send directly, to this address. */
  | { readonly state: 'listening'; readonly address: string; readonly port: number }

/** A file, a directory, or bytes without a name, that another principal wants to send, or has stored at the KDC. */
export interface OfferedFile {
  /** `bytes`: it has no name of its own, such as standard input. */
  readonly kind: TransferItem['kind']
  /** The sender's word: not a path to write to. */
  readonly name: string
  /** In bytes; nothing when it is not known yet. */
  readonly size?: number | undefined
  /**
   * Takes it, before the next message is asked for; one that is not taken by then is refused, or passed over.
   *
   * @param into - a directory to save it in, under a safe name that is free; it is made if there is none.
   * @param options.signal - ends the waiting, and not the transfer, which the next message waits for as well.
   * @returns where it is, once it is whole.
   * @throws ProtocolError `file_damaged`, `file_changed`, `file_unknown`; FileError `file_not_saved`; TransportError; TypeError. Then there
   *   is nothing of it; one that is stored comes again in the next run, but for the first and the third of these.
   */
  accept(into: string, options?: WaitOptions): Promise<SavedFile>
  /** @param into - where it goes: a `TreeSink` for a directory, a `FileSink` for anything else. */
  accept(into: FileSink | TreeSink, options?: WaitOptions): Promise<undefined>
}

/** A message that another principal, or this one, has sent. */
export interface ReceivedMessage {
  /** Who sent it: proved by a ticket, or by MLS. */
  readonly from: string
  /** Which way it came: over a channel, or by way of the KDC. */
  readonly route: 'direct' | 'stored'
  /** The name of the group that it was sent to; none when it was sent to this principal alone. */
  readonly group?: string
  /** What was sent, as text; nothing when it is no UTF-8, or a file. */
  readonly text?: string
  /** What was sent; of a file nothing. */
  readonly bytes: Uint8Array
  /** What was sent, when it is a file, a directory, or a stream. */
  readonly file?: OfferedFile
  /** When it was sent, by its sender's word, in Unix seconds. Of stored messages only. */
  readonly sentAt?: number
  /** When the KDC took it, in Unix seconds. Of stored messages only. */
  readonly storedAt?: number
}

/** What receiving needs of a session. */
type ReceivingSession = { listen(options: PresenceOptions): Promise<Presence> }

/**
 * `Session.messages`, its arguments judged.
 *
 * @param closed - the session's end, which ends it at once, also while the program has a message: that one is not acknowledged.
 */
export async function* receiveMessages(
  session: ReceivingSession,
  handle: MailboxHandle,
  options: MessagesOptions,
  closed: AbortSignal,
): AsyncGenerator<ReceivedMessage, void, undefined> {
  const receiving = new Receiving(session, handle, options)
  const close = () => void receiving.end()
  closed.addEventListener('abort', close)
  try {
    yield* receiving.run()
  } finally {
    closed.removeEventListener('abort', close)
    await receiving.end()
  }
}

/** A message on its way to the program. */
interface Offered {
  readonly message: ReceivedMessage
  readonly file: Offer | undefined
  /** Where it came, if directly. */
  readonly channel: Channel | undefined
  /** Resolves once it has been handled; rejects when it will not be. */
  readonly handled: Deferred<void>
}

class Receiving {
  readonly #session: ReceivingSession
  readonly #handle: MailboxHandle
  readonly #options: MessagesOptions
  readonly #ended = new AbortController()
  readonly #offered: Offered[] = []
  /** Where stored messages are whose file was accepted in vain: they stay for the next run. */
  readonly #left = new Set<number>()
  /** With the program. */
  #current: Offered | undefined
  #wake: () => void = () => {}
  #failure: { readonly error: unknown } | undefined
  #presence: Presence | undefined
  /** Files that are coming. */
  readonly #transfers = new Set<Promise<unknown>>()
  readonly #cut = new AbortController()
  #looking: Promise<unknown> = Promise.resolve()
  #following: Promise<void> | undefined
  #beginning: Promise<void> | undefined
  #ending: Promise<void> | undefined

  constructor(session: ReceivingSession, handle: MailboxHandle, options: MessagesOptions) {
    this.#session = session
    this.#handle = handle
    this.#options = options
    options.signal?.addEventListener('abort', this.#stop)
    if (options.signal?.aborted) this.#stop()
  }

  readonly #stop = (): void => {
    this.#ended.abort(this.#options.signal?.reason)
    this.#wake()
    // A sender of a file byte by byte does not keep a program waiting that wants to stop.
    void this.#endTransfers()
  }

  async *run(): AsyncGenerator<ReceivedMessage, void, undefined> {
    this.#beginning = this.#begin().catch((error: unknown) => this.#fail(error))
    while (!this.#ended.signal.aborted) {
      const next = this.#offered.shift()
      if (!next) {
        const { promise, resolve } = deferred<void>()
        this.#wake = resolve
        await promise
        continue
      }
      this.#current = next
      yield next.message
      // Asked for the next one.
      await next.file?.accepted?.catch(() => {})
      next.handled.resolve()
      this.#current = undefined
    }
    if (this.#failure) throw this.#failure.error
  }

  /** What was stored comes first: until it is handled there is no receiver, and senders have what they send stored as well. */
  async #begin(): Promise<void> {
    const looked = deferred<void>()
    const look = () => this.#look().finally(looked.resolve)
    this.#following = followMailbox(this.#handle, look, {
      signal: this.#ended.signal,
      onLost: (error) => this.#options.onChange?.({ state: 'lost', error }),
      onBack: () => this.#options.onChange?.({ state: 'back' }),
      onSessionEnd: () => this.#presence?.hint(),
      isFinal: (error) => !(error instanceof SymbolonError) || FINAL.includes(error.code),
    })
    this.#following.catch((error: unknown) => this.#fail(error))
    await Promise.race([looked.promise, this.#following])
    const { listen = {} } = this.#options
    if (listen === false || this.#ended.signal.aborted) return
    this.#presence = await this.#session.listen({
      ...listen,
      signal: this.#ended.signal,
      onChannel: (channel) => this.#serve(channel),
      onChange: (change) => {
        if (change.state === 'refused') this.#fail(change.error)
        else this.#options.onChange?.(change)
      },
    })
    const { address, port } = this.#presence.address
    this.#options.onChange?.({ state: 'listening', address, port })
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return
    this.#failure = { error }
    this.#ended.abort(error)
    this.#wake()
  }

  /** Hands a message to the program; resolves when it has been handled. @throws ProtocolError `channel_closed` when it will not be. */
  async #offer(message: ReceivedMessage, channel?: Channel, file?: Offer): Promise<void> {
    const handled = deferred<void>()
    if (this.#ended.signal.aborted) handled.reject(over())
    else this.#offered.push({ message, channel, file, handled })
    this.#wake()
    await handled.promise.finally(() => file?.close())
  }

  /** Channels whose last message was handled end in good order; of the others, the sender is told that it was not. */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stop)
    this.#ended.abort(over())
    this.#wake()
    // What has just been handled is acknowledged meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
    for (const offered of [this.#current, ...this.#offered.splice(0)]) {
      offered?.channel?.destroy('stopped')
      offered?.handled.reject(over())
    }
    await this.#endTransfers()
    await this.#beginning
    await this.#presence?.close({ logout: false })
    await this.#following?.catch(() => {})
    await this.#looking
  }

  /** What is not here has a little time left, or is refused by now: its sender hears so, unless that takes too long. */
  async #endTransfers(): Promise<void> {
    const timer = setTimeout(() => this.#cut.abort(over()), END_TIMEOUT_MS)
    await Promise.allSettled(this.#transfers)
    clearTimeout(timer)
  }

  /** @returns whether there was something. One look at a time: each begins with what the one before has left. */
  #look(): Promise<boolean> {
    const look = this.#looking.then(() => this.#lookNow())
    this.#looking = look.catch(() => {})
    return look
  }

  async #lookNow(): Promise<boolean> {
    await this.#handle.use((mailbox) => mailbox.sync())
    for (let found = false; ; found = true) {
      const all = await this.#handle.use((mail) => mail.unread(undefined, READ_AT_ONCE + this.#left.size))
      const messages = all.filter(({ position }) => !this.#left.has(position))
      if (messages.length === 0) return found
      for (const message of messages) {
        this.#ended.signal.throwIfAborted()
        await this.#offerStored(message)
      }
    }
  }

  async #offerStored(message: MailMessage): Promise<void> {
    const { from, group, body, sentAt, at: storedAt } = message
    const text = textOf(message)
    const note = fileNoteOf(message)
    const file =
      note && new Offer({ ...attributesIn(note), kind: 'file', name: note.name, size: note.size }, from)
    const fetching = note && file && this.#fetch(file, note)
    const offered: ReceivedMessage = {
      from,
      route: 'stored',
      storedAt,
      ...(group !== undefined && { group }),
      ...(sentAt !== undefined && { sentAt }),
      ...(file ? { bytes: EMPTY, file } : { bytes: body, ...(text !== undefined && { text }) }),
    }
    try {
      await this.#offer(offered, undefined, file)
    } finally {
      await fetching
      note?.key.wipe()
    }
    const failed = await file?.accepted?.catch((error) => !GONE.includes(error?.code))
    if (failed === true) this.#left.add(message.position)
    else await this.#handle.acknowledge(message)
  }

  async #fetch(file: Offer, note: FileNote): Promise<void> {
    const sink = (await file.sink.promise) as FileSink | Refused
    if ('refused' in sink) return
    try {
      await sink.start(0)
      const pieces = fetchFile(this.#handle.post, note, { signal: this.#ended.signal })
      for await (const piece of pieces) await sink.write(piece)
      await sink.finish(note.sha256)
      file.whole.resolve()
    } catch (error) {
      await sink.abandon('given_up')
      file.whole.reject(error)
    }
  }

  async #serve(channel: Channel): Promise<void> {
    // What the same sender has had stored before comes before; if that cannot be read now, it has to come later.
    await this.#look().catch(() => {})
    if (this.#ended.signal.aborted) return
    for (let kind = await channel.next(); kind; kind = await channel.next()) {
      // Not to be read, so that it is not acknowledged.
      if (this.#ended.signal.aborted) throw over()
      if (kind === 'stream') {
        await this.#files(channel)
        continue
      }
      const message = await channel.receive()
      if (!message) return
      const { bytes } = message
      const text = kindOf(bytes) === 'text' ? { text: message.text } : {}
      await this.#offer({ from: channel.peer.username, route: 'direct', bytes, ...text }, channel)
    }
  }

  async #files(channel: Channel): Promise<void> {
    const from = channel.peer.username
    const offers = new Map<TransferItem, Offer>()
    const accept = async (item: TransferItem): Promise<FileSink | TreeSink | Refused> => {
      const file = new Offer(item, from)
      offers.set(item, file)
      // When it is not handled, it is over with the channel.
      this.#offer({ from, route: 'direct', bytes: EMPTY, file }, channel, file).catch(() => {})
      return file.sink.promise
    }
    const { maxFileBytes } = this.#options
    const transfer = receiveItems(channel.stream(), accept, {
      signal: this.#cut.signal,
      patienceMs: PATIENCE_MS,
      ...(maxFileBytes !== undefined && { maxFileBytes }),
      onResult: (item, result) => offers.get(item)?.end(result),
    })
    this.#transfers.add(transfer)
    try {
      await transfer
    } catch (error) {
      for (const file of offers.values()) file.whole.reject(error)
      if (error instanceof SymbolonError) throw error
      this.#fail(error)
      throw over()
    } finally {
      this.#transfers.delete(transfer)
    }
  }
}

/** A file that the program may take, until its message has been handled. */
class Offer implements OfferedFile {
  readonly kind: TransferItem['kind']
  readonly name: string
  readonly size?: number
  /** Where it is to go, once that is known. */
  readonly sink = deferred<FileSink | TreeSink | Refused>()
  /** All of it is here, or cannot be: its sender may be gone before it is accepted. */
  readonly whole = deferred<void>()
  readonly #item: TransferItem
  readonly #from: string
  #isOpen = true
  /** Settles when what the program has accepted is here, or cannot be. */
  accepted: Promise<SavedFile | undefined> | undefined

  constructor(item: TransferItem, from: string) {
    const { kind, name, size } = item
    this.kind = kind
    this.name = name
    if (size !== undefined) this.size = size
    this.#item = item
    this.#from = from
    this.whole.promise.catch(() => {})
  }

  accept(into: string, options?: WaitOptions): Promise<SavedFile>
  accept(into: FileSink | TreeSink, options?: WaitOptions): Promise<undefined>
  accept(into: string | FileSink | TreeSink, options: WaitOptions = {}): Promise<SavedFile | undefined> {
    if (!this.#isOpen)
      throw new TypeError('file.accept: it was accepted before, or its message has been handled')
    const isPath = typeof into === 'string' && into !== ''
    const method = this.kind === 'directory' ? 'directory' : 'write'
    if (!isPath && typeof (into as unknown as Record<string, unknown> | null)?.[method] !== 'function') {
      throw new TypeError(`file.accept: into: expected a directory's path, or a sink with ${method}()`)
    }
    return abortable('file.accept', options, () => {
      this.#isOpen = false
      this.accepted = this.#accept(into)
      return this.accepted
    })
  }

  async #accept(into: string | FileSink | TreeSink): Promise<SavedFile | undefined> {
    try {
      const place =
        typeof into === 'string' ? await (await filesByPath()).placeIn(into, this.#from) : undefined
      this.sink.resolve(place ? await place.take(this.#item) : (into as FileSink | TreeSink))
      await this.whole.promise
      return place?.savedAs(this.#item)
    } catch (error) {
      // A code of ours that says more than the other side can use is a plain one there.
      const refused = error instanceof SymbolonError ? error.code : 'file_not_saved'
      this.sink.resolve({ refused })
      throw error
    }
  }

  /** Nothing was said: it is not wanted. */
  close(): void {
    this.#isOpen = false
    if (!this.accepted) this.sink.resolve({ refused: 'file_refused' })
  }

  end(result: ItemResult): void {
    if (result.saved) {
      this.whole.resolve()
      return
    }
    const why = `its sender has given it up: ${result.code}`
    this.whole.reject(result.cause ?? new ProtocolError('file_changed', why))
  }
}

const over = () => new ProtocolError('channel_closed', 'messages are not received any more')
