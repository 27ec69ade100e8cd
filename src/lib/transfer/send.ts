/** The sender's side. docs/protocol.md §8. */
import type { Duplex } from 'node:stream'
import { primitives } from '#primitives'
import { equal } from '../bytes.ts'
import type { Hash } from '../crypto/primitives/types.ts'
import { CodecError, type SymbolonError, TransportError } from '../errors.ts'
import * as frames from './frames.ts'
import { FRAME_TYPES, outOfTurn } from './frames.ts'
import {
  attributesIn,
  type EntrySource,
  fileChanged,
  type ItemResult,
  type OpenFile,
  type TransferItem,
  type TransferSource,
  type TransferSummary,
  type TransferTotals,
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
  readonly totals?: TransferTotals | undefined
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
  sources: AsyncIterable<TransferSource> | Iterable<TransferSource>,
  options: SendItemsOptions = {},
): Promise<TransferSummary> {
  const link = new Link(stream, options)
  const sender = new Sender(link, options)
  const answers = sender.listen().catch((error: Error) => link.fail(error))
  try {
    await sender.send(sources)
    await link.end()
    return { ...sender.summary }
  } catch (error) {
    link.fail(error as Error)
    throw link.failure ?? error
  } finally {
    await answers
    link.leave()
  }
}

class Sender {
  readonly summary = { saved: 0, failed: 0, bytes: 0 }
  readonly #link: Link
  readonly #options: SendItemsOptions
  readonly #pending: Pending[] = []
  #done = false
  /** Those of a directory of which nothing is known yet. */
  #entries: Entries | undefined
  /** Memory that is read into and sent, over and over. */
  readonly #buffers = Array.from({ length: PIECES }, () => new ArrayBuffer(PIECE_BYTES))

  constructor(link: Link, options: SendItemsOptions) {
    this.#link = link
    this.#options = options
  }

  async send(sources: AsyncIterable<TransferSource> | Iterable<TransferSource>): Promise<void> {
    const { files, bytes } = this.#options.totals ?? {}
    this.#link.send(FRAME_TYPES.begin, { transfer: frames.VERSION, files, bytes })
    for await (const source of this.#link.each(sources)) {
      if (source.kind === 'directory') await this.#sendTree(source)
      else await this.#sendFile({ kind: source.kind, name: source.name }, source)
    }
    this.#link.send(FRAME_TYPES.done, {})
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
      this.#readAnswer(oldest, header.type, await this.#link.body(header))
      this.#link.changed()
    }
  }

  #readAnswer(oldest: Pending, type: number, body: Uint8Array): void {
    if (type === FRAME_TYPES.refused) {
      const { code } = frames.readCode(body)
      this.#pending.shift()
      oldest.state = 'refused'
      const { cause } = oldest
      this.#tell(oldest.item, cause ? failed(cause) : { saved: false, code, byPeer: true })
    } else if (type === FRAME_TYPES.ready && oldest.state === 'asked') {
      const ready = frames.readReady(body)
      if (ready.from > (oldest.item.size ?? 0)) throw new CodecError('transfer, ready: beyond the end')
      oldest.ready = ready
      oldest.state = 'sending'
      // What becomes of a directory is known after its entries.
      if (oldest.item.kind === 'directory') this.#pending.shift()
    } else if (type === FRAME_TYPES.saved && oldest.state === 'sent') {
      frames.readEmpty(body)
      this.#pending.shift()
      this.#tell(oldest.item, { saved: true })
    } else {
      throw outOfTurn(type)
    }
  }

  #tell(item: TransferItem, result: ItemResult): void {
    const { summary } = this
    const entries = this.#entries
    if (item.path !== undefined && entries) {
      if (result.saved) entries.saved++
      else {
        entries.failed++
        entries.code ??= result.code
      }
    } else if (item.kind === 'directory' && entries) {
      this.#entries = undefined
      if (result.saved) summary.saved += 1 + entries.saved
      else summary.failed += 1 + entries.saved + entries.failed
    } else if (result.saved) summary.saved++
    else summary.failed++
    this.#options.onResult?.(item, result)
  }

  // --- items ---

  async #sendFile(about: TransferItem, source: { open(): Promise<OpenFile> }): Promise<void> {
    const opening = source.open()
    const content = await this.#attempt(about, opening).catch((error) => {
      // It may still be opened, when it is not wanted any more.
      opening.then((late) => late.close()).catch(() => {})
      throw error
    })
    if (!content) return
    const { size } = content
    const item: TransferItem = {
      ...about,
      ...(size !== undefined && { size }),
      ...(about.kind === 'file' && attributesIn(content)),
    }
    try {
      if (size !== undefined && size <= frames.SMALL_BYTES) await this.#sendSmall(item, size, content)
      else await this.#sendLarge(item, content)
    } finally {
      await content.close()
    }
  }

  /** @returns nothing when the item failed, before anything was said of it. */
  async #attempt<T>(item: TransferItem, act: Promise<T>): Promise<T | undefined> {
    try {
      return await this.#link.during(act)
    } catch (error) {
      const cause = this.#link.errorOfItem(error)
      if (this.#entries) this.#entries.cause = cause
      this.#tell(item, failed(cause))
      return undefined
    }
  }

  async #sendSmall(item: TransferItem, size: number, content: OpenFile): Promise<void> {
    const bytes = await this.#attempt(item, readAll(content, size))
    if (!bytes) return
    await this.#mayAnnounce()
    this.#announce(item, 'sent')
    if (size > 0) this.#link.write(FRAME_TYPES.data, bytes)
    this.#link.send(FRAME_TYPES.end, { sha256: primitives.sha256(bytes) })
    this.summary.bytes += size
    this.#options.onProgress?.(item, size)
    await this.#link.room()
  }

  async #sendLarge(item: TransferItem, content: OpenFile): Promise<void> {
    const pending = await this.#ask(item)
    if (!pending) return
    try {
      const { hash, from } = await this.#agree(pending, content)
      this.#link.send(FRAME_TYPES.start, { from })
      this.#options.onStart?.(item, from)
      await this.#sendContent(pending, content, hash, from)
      if (isRefused(pending)) {
        this.#link.send(FRAME_TYPES.cancel, { code: 'file_refused' })
        return
      }
      pending.state = 'sent'
      this.#link.send(FRAME_TYPES.end, { sha256: hash.digest() })
    } catch (error) {
      this.#cancel(pending, this.#link.errorOfItem(error))
    }
  }

  #mayAnnounce(): Promise<void> {
    return this.#link.until(() => this.#pending.length < MAX_UNDER_WAY)
  }

  #announce(item: TransferItem, state: Pending['state']): Pending {
    const pending: Pending = { item, state }
    this.#link.send(FRAME_TYPES.item, fieldsOf(item))
    this.#pending.push(pending)
    return pending
  }

  /** @returns nothing when the receiver does not want it. */
  async #ask(item: TransferItem): Promise<Pending | undefined> {
    await this.#mayAnnounce()
    const pending = this.#announce(item, 'asked')
    await this.#link.until(() => pending.state !== 'asked')
    return isRefused(pending) ? undefined : pending
  }

  /** Says that nothing more comes of an item. The receiver answers, if it has not refused it already. */
  #cancel(pending: Pending, cause: SymbolonError): void {
    if (this.#entries && pending.item.path !== undefined) this.#entries.cause ??= cause
    if (!isRefused(pending)) pending.state = 'cancelled'
    pending.cause = cause
    this.#link.send(FRAME_TYPES.cancel, { code: cause.code })
  }

  /** Where to go on: there where the receiver would, if what comes before is the same here. */
  async #agree({ ready }: Pending, content: OpenFile): Promise<{ hash: Hash; from: number }> {
    const from = ready?.from ?? 0
    const hash = primitives.createSha256()
    const buffer = new Uint8Array(from > 0 ? PIECE_BYTES : 0)
    for (let position = 0; position < from; ) {
      const part = buffer.subarray(0, Math.min(PIECE_BYTES, from - position))
      const bytes = await this.#link.during(content.read(part, position))
      if (bytes === 0) throw fileChanged('it has become shorter')
      hash.update(part.subarray(0, bytes))
      position += bytes
    }
    if (from > 0 && ready?.sha256 && !equal(hash.copy().digest(), ready.sha256)) {
      return { hash: primitives.createSha256(), from: 0 }
    }
    return { hash, from }
  }

  /** Reads and sends, until the end or until it is refused: while pieces are on their way, the next is read. */
  async #sendContent(pending: Pending, content: OpenFile, hash: Hash, from: number): Promise<void> {
    const { item } = pending
    const size = item.size ?? Number.MAX_SAFE_INTEGER
    let position = from
    let next = position < size ? this.#read(content, position, size) : undefined
    try {
      while (next) {
        const piece = await this.#link.during(next, () => isRefused(pending))
        if (!piece) return
        next = undefined
        if (piece.length === 0) {
          this.#buffers.push(piece.buffer)
          if (item.size === undefined) break
          throw fileChanged('it has become shorter')
        }
        position += piece.length
        // Read while this piece is being hashed and encrypted.
        if (position < size) next = this.#read(content, position, size)
        hash.update(piece)
        this.#link.write(FRAME_TYPES.data, piece, () => {
          this.#buffers.push(this.#link.copies ? piece.buffer : new ArrayBuffer(PIECE_BYTES))
          this.#link.changed()
        })
        this.summary.bytes += piece.length
        this.#options.onProgress?.(item, position)
        await this.#link.room()
      }
      await this.#link.during(verify(content, item.size))
    } finally {
      // Read in vain.
      next?.then((piece) => this.#buffers.push(piece.buffer)).catch(() => {})
    }
  }

  async #read(content: OpenFile, position: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#link.until(() => this.#buffers.length > 0)
    const buffer = this.#buffers.pop() as ArrayBuffer
    const into = new Uint8Array(buffer, 0, Math.min(PIECE_BYTES, size - position))
    try {
      return into.subarray(0, await content.read(into, position))
    } catch (error) {
      this.#buffers.push(buffer)
      throw error
    }
  }

  async #sendTree(source: TreeSource): Promise<void> {
    const item: TransferItem = { kind: 'directory', name: source.name, ...attributesIn(source) }
    if (!(await this.#ask(item))) return
    const entries: Entries = { saved: 0, failed: 0 }
    this.#entries = entries
    const end: Pending = { item, state: 'sent' }
    try {
      for await (const entry of this.#link.each(source.entries())) {
        await this.#sendEntry(item.name, entry)
        if (entries.code !== undefined || entries.cause) break
      }
    } catch (error) {
      entries.cause ??= this.#link.errorOfItem(error)
    }
    if (entries.cause) this.#cancel(end, entries.cause)
    else if (entries.code !== undefined) this.#link.send(FRAME_TYPES.cancel, { code: entries.code })
    else this.#link.send(FRAME_TYPES.close, {})
    this.#pending.push(end)
  }

  async #sendEntry(name: string, entry: EntrySource): Promise<void> {
    const { kind, path } = entry
    if (kind === 'file') return this.#sendFile({ kind, name, path }, entry)
    await this.#mayAnnounce()
    this.#announce({ kind, name, path, ...attributesIn(entry) }, 'sent')
    await this.#link.room()
  }
}

async function readAll(content: OpenFile, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  for (let position = 0; position < size; ) {
    const read = await content.read(bytes.subarray(position), position)
    if (read === 0) throw fileChanged('it has become shorter')
    position += read
  }
  await verify(content, size)
  return bytes
}

async function verify(content: OpenFile, size: number | undefined): Promise<void> {
  await content.verify?.()
  if (size !== undefined && (await content.read(new Uint8Array(1), size)) > 0) {
    throw fileChanged('it has become longer')
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
