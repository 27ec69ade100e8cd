/**
 * The sender's side. docs/protocol.md §8.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { primitives } from '#primitives'
import { EMPTY, equal } from '../bytes.ts'
import type { Hash } from '../crypto/primitives/types.ts'
import { CodecError, ProtocolError, SymbolonError, TransportError } from '../errors.ts'
import * as frames from './frames.ts'
import { Type } from './frames.ts'
import {
  attributesIn,
  type Content,
  type EntrySource,
  type ItemResult,
  type Source,
  type Summary,
  type Totals,
  type TransferItem,
  type TreeSource,
} from './items.ts'
import { Link, type LinkOptions } from './link.ts'

/** Items that may wait to be saved, while others follow. */
export const MAX_UNDER_WAY = 256
/** What is read, and sent, at once. */
const PIECE_BYTES = 256 * 1024
/** Of memory: one is read into while others are on their way. */
const PIECES = 4

/** How to send, and who hears of it. */
export interface SendItemsOptions extends LinkOptions {
  /** Said to the receiver beforehand; it may turn out to be otherwise. */
  readonly totals?: Totals | undefined
  /** Hears that the receiver wants a file that is not small, from there on. */
  readonly onStart?: ((item: TransferItem, from: number) => void) | undefined
  /** Hears how many bytes of a file the stream has taken, those that the receiver had before included. */
  readonly onProgress?: ((item: TransferItem, bytes: number) => void) | undefined
  /** Hears what became of each item, in order; of a directory after its entries. */
  readonly onResult?: ((item: TransferItem, result: ItemResult) => void) | undefined
}

/** An item that the receiver has yet to say something about. */
interface Pending {
  readonly item: TransferItem
  state: 'asked' | 'sending' | 'sent' | 'cancelled' | 'refused'
  ready?: frames.ReadyFields
  /** Why we gave it up. */
  cause?: SymbolonError
}

/** What became of the entries of a directory. */
interface Entries {
  saved: number
  failed: number
  /** Why we gave the first of them up. */
  cause?: SymbolonError
  /** Why the first was not saved. */
  code?: string
}

/**
 * Sends files and directories over a stream that nothing else has been written to, and ends it.
 *
 * One that cannot be read, changes, or is refused, is told of by `onResult`, and the next is sent. Everything else ends the transfer, and
 * destroys the stream.
 *
 * @throws CodecError, ProtocolError when the receiver does not keep to the protocol; TransportError `channel_truncated` when the stream is
 *   cut, `peer_silent`; the reason of `signal`; what a source throws that is no SymbolonError. What was reported as saved before is saved.
 */
export async function sendItems(
  stream: Duplex,
  sources: AsyncIterable<Source> | Iterable<Source>,
  options: SendItemsOptions = {},
): Promise<Summary> {
  const link = new Link(stream, options)
  const sending = new Sending(link, options)
  const answers = sending.listen().catch((error: Error) => link.fail(error))
  try {
    await sending.send(sources)
    await link.end()
    return sending.summary()
  } catch (error) {
    link.fail(error as Error)
    throw link.failure ?? error
  } finally {
    await answers
    link.leave()
  }
}

class Sending {
  readonly #link: Link
  readonly #options: SendItemsOptions
  readonly #pending: Pending[] = []
  #done = false
  #saved = 0
  #failed = 0
  #bytes = 0
  /** Those of a directory of which nothing is known yet. */
  #entries: Entries | undefined
  readonly #buffers = new Buffers()

  constructor(link: Link, options: SendItemsOptions) {
    this.#link = link
    this.#options = options
  }

  summary(): Summary {
    return { saved: this.#saved, failed: this.#failed, bytes: this.#bytes }
  }

  async send(sources: AsyncIterable<Source> | Iterable<Source>): Promise<void> {
    const { files, bytes } = this.#options.totals ?? {}
    this.#control(Type.begin, { transfer: frames.VERSION, files, bytes })
    await this.#each(sources, async (source) => {
      if (source.kind === 'directory') await this.#tree(source)
      else await this.#file({ kind: source.kind, name: source.name }, source)
      return true
    })
    this.#control(Type.done, {})
    this.#done = true
    await this.#link.until(() => this.#pending.length === 0)
  }

  // --- the receiver's answers ---

  async listen(): Promise<void> {
    for (;;) {
      const header = await this.#link.header()
      if (header === undefined) {
        if (this.#done && this.#pending.length === 0) return
        throw new TransportError('channel_truncated', 'the receiver ended before it had answered')
      }
      const [oldest] = this.#pending
      if (oldest === undefined) throw outOfTurn(header.type)
      this.#answer(oldest, header.type, await this.#link.body(header))
      this.#link.changed()
    }
  }

  #answer(oldest: Pending, type: number, body: Uint8Array): void {
    if (type === Type.refused) {
      const { code } = frames.readCode(body)
      this.#pending.shift()
      oldest.state = 'refused'
      const { cause } = oldest
      this.#result(oldest.item, cause ? failed(cause) : { saved: false, code, byPeer: true })
    } else if (type === Type.ready && oldest.state === 'asked') {
      const ready = frames.readReady(body)
      if (ready.from > (oldest.item.size ?? 0)) throw new CodecError('transfer, ready: beyond the end')
      oldest.ready = ready
      oldest.state = 'sending'
      // What becomes of a directory is known after its entries.
      if (oldest.item.kind === 'directory') this.#pending.shift()
    } else if (type === Type.saved && oldest.state === 'sent') {
      frames.readEmpty(body)
      this.#pending.shift()
      this.#result(oldest.item, { saved: true })
    } else {
      throw outOfTurn(type)
    }
  }

  #result(item: TransferItem, result: ItemResult): void {
    const entries = this.#entries
    if (item.path !== undefined && entries) {
      if (result.saved) entries.saved++
      else {
        entries.failed++
        entries.code ??= result.code
      }
    } else if (item.kind === 'directory' && entries) {
      this.#entries = undefined
      if (result.saved) this.#saved += 1 + entries.saved
      else this.#failed += 1 + entries.saved + entries.failed
    } else if (result.saved) this.#saved++
    else this.#failed++
    this.#options.onResult?.(item, result)
  }

  // --- items ---

  /** @returns whether it was sent whole. */
  async #file(about: TransferItem, source: { open(): Promise<Content> }): Promise<boolean> {
    const opening = source.open()
    const opened = await this.#attempt(about, opening).catch((error) => {
      // It may yet be opened, for nobody.
      opening.then((content) => content.close()).catch(() => {})
      throw error
    })
    if (!opened) return false
    const content = opened.value
    const { size } = content
    const item: TransferItem = {
      ...about,
      ...(size !== undefined && { size }),
      ...(about.kind === 'file' && attributesIn(content)),
    }
    try {
      return item.size !== undefined && item.size <= frames.SMALL_BYTES
        ? await this.#small(item, item.size, content)
        : await this.#large(item, content)
    } finally {
      await content.close()
    }
  }

  /** @returns nothing when the item is given up, before anything was said of it. */
  async #attempt<T>(item: TransferItem, act: Promise<T>): Promise<{ value: T } | undefined> {
    try {
      return { value: await this.#link.during(act) }
    } catch (error) {
      const cause = this.#itsOwn(error)
      if (this.#entries) this.#entries.cause = cause
      this.#result(item, failed(cause))
      return undefined
    }
  }

  /**
   * An error that concerns one item alone.
   *
   * @throws any other.
   */
  #itsOwn(error: unknown): SymbolonError {
    if (error instanceof SymbolonError && error !== this.#link.failure) return error
    throw error
  }

  async #small(item: TransferItem, size: number, content: Content): Promise<boolean> {
    const bytes = new Uint8Array(size)
    if (!(await this.#attempt(item, readWhole(content, bytes)))) return false
    await this.#link.until(() => this.#pending.length < MAX_UNDER_WAY)
    this.#link.together(() => {
      this.#control(Type.item, fieldsOf(item))
      if (size > 0) this.#link.write(Type.data, bytes)
      this.#control(Type.end, { sha256: primitives.sha256(bytes) })
    })
    this.#pending.push({ item, state: 'sent' })
    this.#bytes += size
    this.#options.onProgress?.(item, size)
    await this.#link.room()
    return true
  }

  async #large(item: TransferItem, content: Content): Promise<boolean> {
    const pending = await this.#ask(item)
    if (!pending) return false
    try {
      const { hash, from } = await this.#agreed(pending, content)
      this.#control(Type.start, { from })
      this.#options.onStart?.(item, from)
      await this.#pour(pending, content, hash, from)
      if (pending.state === 'refused') {
        this.#control(Type.cancel, { code: 'file_refused' })
        return false
      }
      pending.state = 'sent'
      this.#control(Type.end, { sha256: hash.digest() })
      return true
    } catch (error) {
      this.#cancel(pending, this.#itsOwn(error))
      return false
    }
  }

  /** @returns nothing when the receiver does not want it. */
  async #ask(item: TransferItem): Promise<Pending | undefined> {
    await this.#link.until(() => this.#pending.length < MAX_UNDER_WAY)
    const pending: Pending = { item, state: 'asked' }
    this.#pending.push(pending)
    this.#control(Type.item, fieldsOf(item))
    await this.#link.until(() => pending.state !== 'asked')
    return pending.state === 'refused' ? undefined : pending
  }

  /** Says that nothing more comes of an item. The receiver answers, if it has not refused it already. */
  #cancel(pending: Pending, cause: SymbolonError): void {
    if (this.#entries && pending.item.path !== undefined) this.#entries.cause ??= cause
    if (pending.state !== 'refused') pending.state = 'cancelled'
    pending.cause = cause
    this.#control(Type.cancel, { code: cause.code })
  }

  /** Where to go on: there where the receiver would, if what comes before is the same here. */
  async #agreed({ ready }: Pending, content: Content): Promise<{ hash: Hash; from: number }> {
    const from = ready?.from ?? 0
    const hash = primitives.createSha256()
    const buffer = new Uint8Array(from > 0 ? PIECE_BYTES : 0)
    for (let position = 0; position < from; ) {
      const part = buffer.subarray(0, Math.min(PIECE_BYTES, from - position))
      const bytes = await this.#link.during(content.read(part, position))
      if (bytes === 0) throw changed('it has become shorter')
      hash.update(part.subarray(0, bytes))
      position += bytes
    }
    if (from > 0 && ready?.sha256 && !equal(hash.copy().digest(), ready.sha256)) {
      return { hash: primitives.createSha256(), from: 0 }
    }
    return { hash, from }
  }

  /** Reads and sends, until the end or until it is refused: while pieces are on their way, the next is read. */
  async #pour(pending: Pending, content: Content, hash: Hash, from: number): Promise<void> {
    const { item } = pending
    const size = item.size ?? Number.MAX_SAFE_INTEGER
    let position = from
    let next = position < size ? this.#read(content, position, size) : undefined
    try {
      while (next) {
        const { buffer, bytes } = (await this.#link.during(next, () => isRefused(pending))) ?? NOTHING
        if (isRefused(pending)) return
        next = undefined
        if (bytes === 0) {
          this.#buffers.give(buffer)
          if (item.size === undefined) break
          throw changed('it has become shorter')
        }
        position += bytes
        const piece = buffer.subarray(0, bytes)
        // Read while this piece is being hashed and encrypted.
        if (position < size) next = this.#read(content, position, size)
        hash.update(piece)
        this.#link.write(Type.data, piece, () => {
          this.#buffers.give(buffer)
          this.#link.changed()
        })
        this.#bytes += bytes
        this.#options.onProgress?.(item, position)
        await this.#link.room()
      }
      await this.#link.during(verify(content, item.size))
    } finally {
      // Read in vain.
      next?.then(({ buffer }) => this.#buffers.give(buffer)).catch(() => {})
    }
  }

  async #read(content: Content, position: number, size: number): Promise<Filled> {
    await this.#link.until(() => this.#buffers.has())
    const buffer = this.#buffers.take()
    try {
      const bytes = await content.read(buffer.subarray(0, Math.min(PIECE_BYTES, size - position)), position)
      return { buffer, bytes }
    } catch (error) {
      this.#buffers.give(buffer)
      throw error
    }
  }

  async #tree(source: TreeSource): Promise<void> {
    const item: TransferItem = { kind: 'directory', name: source.name, ...attributesIn(source) }
    if (!(await this.#ask(item))) return
    const entries: Entries = { saved: 0, failed: 0 }
    this.#entries = entries
    const end: Pending = { item, state: 'sent' }
    try {
      await this.#each(source.entries(), async (entry) => {
        await this.#entry(item.name, entry)
        return entries.code === undefined && entries.cause === undefined
      })
    } catch (error) {
      entries.cause ??= this.#itsOwn(error)
    }
    if (entries.cause) this.#cancel(end, entries.cause)
    else if (entries.code !== undefined) this.#control(Type.cancel, { code: entries.code })
    else this.#control(Type.close, {})
    this.#pending.push(end)
  }

  async #entry(name: string, entry: EntrySource): Promise<void> {
    const { kind, path } = entry
    if (kind === 'file') {
      await this.#file({ kind, name, path }, entry)
      return
    }
    await this.#link.until(() => this.#pending.length < MAX_UNDER_WAY)
    const item: TransferItem = { kind, name, path, ...attributesIn(entry) }
    this.#control(Type.item, fieldsOf(item))
    this.#pending.push({ item, state: 'sent' })
    await this.#link.room()
  }

  /** @param act - returns whether to go on. */
  async #each<T>(all: AsyncIterable<T> | Iterable<T>, act: (one: T) => Promise<boolean>): Promise<void> {
    const iterator = Symbol.asyncIterator in all ? all[Symbol.asyncIterator]() : all[Symbol.iterator]()
    let going = true
    try {
      while (going) {
        const { done, value } = await this.#link.during(Promise.resolve(iterator.next()))
        if (done) break
        going = await act(value)
      }
    } finally {
      // Not waited for: it may be what we do not want to wait for.
      void Promise.resolve(iterator.return?.()).catch(() => {})
    }
  }

  #control(type: number, fields: object): void {
    this.#link.write(type, frames.encode(fields))
  }
}

/** Pieces of memory that are read into and sent, over and over. */
class Buffers {
  readonly #free: Uint8Array[] = []
  #made = 0

  has(): boolean {
    return this.#free.length > 0 || this.#made < PIECES
  }

  /** Only when it `has` one. */
  take(): Uint8Array {
    const free = this.#free.pop()
    if (free) return free
    this.#made++
    return new Uint8Array(PIECE_BYTES)
  }

  give(buffer: Uint8Array): void {
    this.#free.push(buffer)
  }
}

interface Filled {
  readonly buffer: Uint8Array
  readonly bytes: number
}

const NOTHING: Filled = { buffer: EMPTY, bytes: 0 }

async function readWhole(content: Content, into: Uint8Array): Promise<void> {
  for (let position = 0; position < into.length; ) {
    const bytes = await content.read(into.subarray(position), position)
    if (bytes === 0) throw changed('it has become shorter')
    position += bytes
  }
  await verify(content, into.length)
}

async function verify(content: Content, size: number | undefined): Promise<void> {
  await content.verify?.()
  if (size !== undefined && (await content.read(new Uint8Array(1), size)) > 0) {
    throw changed('it has become longer')
  }
}

/** An entry of a directory has its path, anything else its name. */
function fieldsOf({ kind, name, path, size, ...more }: TransferItem): frames.ItemFields {
  const attributes = frames.toFields(more)
  if (path === undefined) {
    if (!frames.isName(name)) throw new RangeError(`name: expected 1 to ${frames.MAX_NAME_BYTES} bytes`)
    return { kind, name, size, ...attributes }
  }
  if (!frames.isPath(path)) throw new RangeError('path: too deep, too long, or with an empty name')
  return { kind, path, size, ...attributes }
}

// A function, so that the compiler does not take the state for what it was before something was waited for.
const isRefused = ({ state }: Pending) => state === 'refused'

const failed = (cause: SymbolonError): ItemResult => ({
  saved: false,
  code: cause.code,
  byPeer: false,
  cause,
})
const changed = (how: string) =>
  new ProtocolError('file_changed', `the file is not what it was when its sending began: ${how}`)
const outOfTurn = (type: number) => new CodecError(`transfer: a frame of type ${type} out of turn`)
