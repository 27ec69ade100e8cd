/** The receiver's side. docs/protocol.md §8. */
import type { Duplex } from 'node:stream'
import { primitives } from '#primitives'
import { equal } from '../bytes.ts'
import type { Hash } from '../crypto/primitives/types.ts'
import { CodecError, ProtocolError, TransportError } from '../errors.ts'
import * as frames from './frames.ts'
import { FRAME_TYPES, outOfTurn } from './frames.ts'
import {
  type Abandoned,
  attributesIn,
  type FileSink,
  type ItemResult,
  type Refused,
  type TransferItem,
  type TransferLimits,
  type TransferSummary,
  type TransferTotals,
  type TreeSink,
} from './items.ts'
import { type Header, Link, type LinkOptions } from './link.ts'

/** How to receive, how much, and who hears of it. */
export interface ReceiveItemsOptions extends LinkOptions, Partial<TransferLimits> {
  /** Hears first what the sender says there is in all: no more than a word of theirs, which the limits do not depend on. */
  readonly onBegin?: ((totals: TransferTotals) => void) | undefined
  /**
   * Asked for room for so many bytes more, before they come, where the limits allow them: for a budget that several transfers share.
   *
   * @returns false where there is none: the item is refused.
   */
  readonly reserve?: ((bytes: number) => boolean) | undefined
  /** Hears that a file is to come, from there on. */
  readonly onStart?: ((item: TransferItem, from: number) => void) | undefined
  /** Hears how many bytes of a file have come, those that were here before included. */
  readonly onProgress?: ((item: TransferItem, bytes: number) => void) | undefined
  /** Hears what became of each item; of a directory after its entries. */
  readonly onResult?: ((item: TransferItem, result: ItemResult) => void) | undefined
}

/** What is taken when nothing is said: a file, or all, of 1 GB; 100,000 files. */
export const DEFAULT_LIMITS: TransferLimits = { maxFileBytes: 1e9, maxItems: 100_000, maxTotalBytes: 1e9 }

/** Decides about an item, before any of it comes: a directory is given a `TreeSink`, anything else a `FileSink`. */
export type AcceptItem = (item: TransferItem) => Promise<FileSink | TreeSink | Refused>

/**
 * Receives what a sender sends over a stream, to its end.
 *
 * What is refused, changes at the sender's, or cannot be saved is told of by `onResult`, and the next is received. Everything else ends the
 * transfer, and destroys the stream. Nothing is finished that has not come whole and with the right hash.
 *
 * @param take - where each item goes. Not called for entries of directories, nor for what is over a limit.
 * @throws CodecError, ProtocolError when the sender does not keep to the protocol; TransportError `channel_truncated` when the stream is
 *   cut, `peer_silent`; the reason of `signal`; what a sink throws that is no SymbolonError. What was reported as saved before is saved.
 */
export async function receiveItems(
  stream: Duplex,
  take: AcceptItem,
  options: ReceiveItemsOptions = {},
): Promise<TransferSummary> {
  const link = new Link(stream, options)
  const receiver = new Receiver(link, take, options)
  try {
    await receiver.receive()
    await link.end()
    return { ...receiver.summary }
  } catch (error) {
    // Before the link has failed nothing has happened to the stream: it is what came over it.
    const misbehaved = !link.failure && (error instanceof CodecError || error instanceof ProtocolError)
    link.fail(error as Error)
    // A sender that does not keep to the protocol is not waited for again.
    await receiver.abandon(misbehaved ? 'given_up' : 'cut')
    throw link.failure ?? error
  } finally {
    link.leave()
  }
}

interface Tree {
  readonly item: TransferItem
  readonly sink: TreeSink
  saved: number
  failed: number
  /** Why the first entry that was not saved was not: then the directory is not either. */
  code?: string
  cause?: unknown
}

/** The hash of what has come of a content, and how much that is. */
interface Begun {
  readonly hash: Hash
  readonly from: number
}

const nothing = (): Begun => ({ hash: primitives.createSha256(), from: 0 })

class Receiver {
  readonly summary = { saved: 0, failed: 0, bytes: 0 }
  readonly #link: Link
  readonly #accept: AcceptItem
  readonly #options: ReceiveItemsOptions
  readonly #limits: TransferLimits
  #tree: Tree | undefined
  /** Of the file that is coming. */
  #sink: FileSink | undefined
  /** Where bytes are that the last sink which keeps them was given: others may be in the same record. */
  #kept: ArrayBufferLike | undefined
  #items = 0
  /** Of contents that were let in. */
  #allowed = 0

  constructor(link: Link, accept: AcceptItem, options: ReceiveItemsOptions) {
    this.#link = link
    this.#accept = accept
    this.#options = options
    const { maxFileBytes, maxItems, maxTotalBytes } = options
    this.#limits = {
      maxFileBytes: maxFileBytes ?? DEFAULT_LIMITS.maxFileBytes,
      maxItems: maxItems ?? DEFAULT_LIMITS.maxItems,
      maxTotalBytes: maxTotalBytes ?? Math.max(DEFAULT_LIMITS.maxTotalBytes, maxFileBytes ?? 0),
    }
  }

  async abandon(why: Abandoned): Promise<void> {
    await this.#sink?.abandon(why)
    await this.#tree?.sink.abandon(why)
  }

  async receive(): Promise<void> {
    const first = await this.#header()
    if (first.type !== FRAME_TYPES.begin) throw outOfTurn(first.type)
    const totals = frames.readBegin(await this.#link.body(first))
    this.#options.onBegin?.(totals)
    for (;;) {
      const { type, body } = await this.#control()
      const tree = this.#tree
      if (type === FRAME_TYPES.item) await this.#receiveItem(frames.readItem(body))
      else if (type === FRAME_TYPES.close && tree) {
        frames.readEmpty(body)
        await this.#closeTree(tree)
      } else if (type === FRAME_TYPES.cancel && tree) await this.#giveUpTree(tree, frames.readCode(body).code)
      else if (type === FRAME_TYPES.done && !tree) {
        frames.readEmpty(body)
        return
      } else throw outOfTurn(type)
    }
  }

  async #header(): Promise<Header> {
    const header = await this.#link.header()
    if (header) return header
    throw new TransportError('channel_truncated', 'the stream ended before the transfer')
  }

  /** The next frame, where no data is to come. */
  async #control(header?: Header): Promise<{ type: number; body: Uint8Array }> {
    const { type, length } = header ?? (await this.#header())
    if (type === FRAME_TYPES.data) throw outOfTurn(type)
    return { type, body: await this.#link.body({ type, length }) }
  }

  // --- items ---

  async #receiveItem({ kind, name, path, size, ...more }: frames.ItemFields): Promise<void> {
    const tree = this.#tree
    if ((path === undefined) !== (tree === undefined)) throw new CodecError('transfer, item: out of turn')
    const item: TransferItem = {
      kind,
      name: tree?.item.name ?? name ?? '',
      ...(path && { path }),
      ...(size !== undefined && { size }),
      ...frames.fromFields(more),
    }
    if (kind !== 'directory') await this.#receiveFile(item)
    else if (tree) await this.#receiveDirectory(tree, item)
    else await this.#openTree(item)
    await this.#link.room()
  }

  /** Where an item goes, unless it is refused: then the sender is told, and so are we. */
  async #admit<T extends object>(
    item: TransferItem,
    accept: () => Promise<T | Refused>,
  ): Promise<T | undefined> {
    try {
      this.#judge(item)
      const accepting = accept()
      const sink = await this.#link.during(accepting).catch((error) => {
        // A person may still be asked; what comes of it is not wanted any more.
        accepting.then(
          (late) => abandonIfAny(late),
          () => {},
        )
        throw error
      })
      if (!('refused' in sink)) return sink
      this.#refuse(item, sink.refused)
    } catch (error) {
      this.#refuse(item, this.#link.errorOfItem(error).code, error)
    }
    return undefined
  }

  #judge({ kind, size = 0 }: TransferItem): void {
    const { maxFileBytes, maxItems } = this.#limits
    if (++this.#items > maxItems) throw tooLarge(`more than ${maxItems} files`)
    if (kind === 'bytes') return
    if (size > maxFileBytes) throw new ProtocolError('file_too_large', `larger than ${maxFileBytes} bytes`)
    if (!this.#allow(size)) throw tooLarge('more than there is room for in all')
  }

  /** @returns whether so much more is within the limits. */
  #allow(bytes: number): boolean {
    const { reserve } = this.#options
    if (this.#allowed + bytes > this.#limits.maxTotalBytes) return false
    if (bytes > 0 && reserve && !reserve(bytes)) return false
    this.#allowed += bytes
    return true
  }

  async #openTree(item: TransferItem): Promise<void> {
    const sink = await this.#admit(item, async () => this.#accept(item))
    if (!sink) return
    this.#tree = { item, sink: sink as TreeSink, saved: 0, failed: 0 }
    this.#link.send(FRAME_TYPES.ready, { from: 0 })
  }

  async #receiveDirectory(tree: Tree, item: TransferItem): Promise<void> {
    const made = await this.#admit(item, async () => {
      if (tree.code !== undefined) return { refused: tree.code }
      await tree.sink.directory(item.path ?? [], attributesIn(item))
      return {}
    })
    if (made) this.#saved(item)
  }

  async #receiveFile(item: TransferItem): Promise<void> {
    const tree = this.#tree
    const { path, size } = item
    this.#sink = await this.#admit<FileSink>(item, async () => {
      if (!tree) return this.#accept(item) as Promise<FileSink | Refused>
      if (tree.code !== undefined) return { refused: tree.code }
      return tree.sink.file(path ?? [], size ?? 0, attributesIn(item))
    })
    if (size !== undefined && size <= frames.SMALL_BYTES) await this.#receiveContent(item, nothing())
    else if (this.#sink) await this.#agree(item, this.#sink)
  }

  /** Agrees with the sender where to go on with a file that is not small, and receives it from there. */
  async #agree(item: TransferItem, sink: FileSink): Promise<void> {
    let held: Begun
    try {
      held = await this.#readHeld(sink, item.size)
    } catch (error) {
      return this.#fail(item, error)
    }
    const { hash, from } = held
    this.#link.send(FRAME_TYPES.ready, from > 0 ? { from, sha256: hash.copy().digest() } : { from })
    const { type, body } = await this.#control()
    if (type === FRAME_TYPES.cancel) return this.#giveUp(item, frames.readCode(body).code)
    if (type !== FRAME_TYPES.start) throw outOfTurn(type)
    const start = frames.readStart(body)
    if (start.from !== 0 && start.from !== from) throw new CodecError('transfer, start: not where we were')
    await this.#receiveContent(item, start.from > 0 ? held : nothing())
  }

  async #readHeld(sink: FileSink, size: number | undefined): Promise<Begun> {
    const { hash } = nothing()
    let from = 0
    if (size === undefined || !sink.held) return { hash, from }
    for await (const piece of sink.held()) {
      if (this.#link.failure) throw this.#link.failure
      hash.update(piece)
      from += piece.length
    }
    if (from > size) throw new RangeError('more is held of a file than there is')
    return { hash, from }
  }

  /** Everything up to the end of a file, also when it goes nowhere. */
  async #receiveContent(item: TransferItem, { hash, from }: Begun): Promise<void> {
    const size = item.size ?? Number.MAX_SAFE_INTEGER
    let position = from
    if (this.#sink) this.#options.onStart?.(item, from)
    await this.#attempt(item, (sink) => sink.start(from))
    for (;;) {
      const header = await this.#header()
      if (header.type === FRAME_TYPES.data) {
        const { length } = header
        if (length === 0 || length > size - position) throw new CodecError('transfer, data: beyond the end')
        await this.#receiveData(item, hash, position, length)
        position += length
        continue
      }
      const { type, body } = await this.#control(header)
      if (type === FRAME_TYPES.cancel) {
        const { code } = frames.readCode(body)
        if (this.#sink) await this.#giveUp(item, code)
        return
      }
      if (type !== FRAME_TYPES.end) throw outOfTurn(type)
      if (item.size !== undefined && position < size) throw new CodecError('transfer, end: too early')
      return this.#finish(item, hash, frames.readEnd(body).sha256)
    }
  }

  async #receiveData(item: TransferItem, hash: Hash, position: number, length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const piece = await this.#link.piece(left)
      left -= piece.length
      const sink = this.#sink
      if (!sink) continue
      if (!this.#mayGrow(item, piece.length, position + length - left)) {
        await this.#giveUp(item, 'file_too_large')
        continue
      }
      hash.update(piece)
      this.summary.bytes += piece.length
      const written = this.#write(item, sink, piece)
      if (written) await written
      this.#options.onProgress?.(item, position + length - left)
      if (!sink.copies) this.#kept = piece.buffer
      else if (piece.buffer !== this.#kept) this.#link.release(piece)
    }
  }

  /** Whether what comes of unknown size is still within the limits. */
  #mayGrow({ kind, size }: TransferItem, bytes: number, total: number): boolean {
    // A stream is passed on, not kept.
    if (kind === 'bytes' || size !== undefined) return true
    return total <= this.#limits.maxFileBytes && this.#allow(bytes)
  }

  // Nothing is waited for where the sink has nothing to wait for: it is called for every piece.
  #write(item: TransferItem, sink: FileSink, piece: Uint8Array): Promise<void> | undefined {
    try {
      return sink.write(piece)?.catch((error) => this.#fail(item, error))
    } catch (error) {
      return this.#fail(item, error)
    }
  }

  async #finish(item: TransferItem, hash: Hash, sha256: Uint8Array): Promise<void> {
    if (!this.#sink) return
    if (!equal(hash.digest(), sha256)) {
      const error = new ProtocolError('file_damaged', 'what came is not what its sender says it is')
      return this.#fail(item, error)
    }
    if (!(await this.#attempt(item, (sink) => sink.finish(sha256)))) return
    this.#sink = undefined
    this.#saved(item)
  }

  /** @returns whether it went well; nothing is done when the item has been refused already. */
  async #attempt(item: TransferItem, act: (sink: FileSink) => Promise<void>): Promise<boolean> {
    if (!this.#sink) return false
    try {
      await act(this.#sink)
      return true
    } catch (error) {
      await this.#fail(item, error)
      return false
    }
  }

  #fail(item: TransferItem, error: unknown): Promise<void> {
    return this.#giveUp(item, this.#link.errorOfItem(error).code, error)
  }

  /** Nothing is kept of the file that is coming, and its sender is told. */
  async #giveUp(item: TransferItem, code: string, cause?: unknown): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    await sink?.abandon('given_up')
    this.#refuse(item, code, cause)
  }

  // --- directories ---

  async #closeTree(tree: Tree): Promise<void> {
    if (tree.code !== undefined) return this.#giveUpTree(tree, tree.code)
    try {
      await tree.sink.finish()
    } catch (error) {
      return this.#giveUpTree(tree, this.#link.errorOfItem(error).code, error)
    }
    this.#tree = undefined
    this.summary.saved += tree.saved
    this.#saved(tree.item)
  }

  async #giveUpTree(tree: Tree, code: string, cause = tree.cause): Promise<void> {
    this.#tree = undefined
    await tree.sink.abandon('given_up')
    this.summary.failed += tree.saved + tree.failed
    this.#refuse(tree.item, code, cause)
  }

  // --- answers ---

  #saved(item: TransferItem): void {
    const count = this.#tree ?? this.summary
    count.saved++
    this.#link.send(FRAME_TYPES.saved, {})
    this.#options.onResult?.(item, { saved: true })
  }

  /** @param cause - nothing where it is the sender who gave it up, or where it is not wanted. */
  #refuse(item: TransferItem, code: string, cause?: unknown): void {
    const count = this.#tree ?? this.summary
    count.failed++
    if (this.#tree) {
      this.#tree.code ??= code
      this.#tree.cause ??= cause
    }
    this.#link.send(FRAME_TYPES.refused, { code })
    this.#options.onResult?.(item, {
      saved: false,
      code,
      byPeer: false,
      ...(cause !== undefined && { cause }),
    })
  }
}

async function abandonIfAny(sink: object): Promise<void> {
  if ('abandon' in sink) await (sink as FileSink | TreeSink).abandon('cut')
}

const tooLarge = (how: string) => new ProtocolError('transfer_too_large', how)
