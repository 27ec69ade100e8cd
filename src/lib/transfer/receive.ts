/**
 * The receiver's side. docs/protocol.md §8.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { primitives } from '#primitives'
import { equal } from '../bytes.ts'
import type { Hash } from '../crypto/primitives/types.ts'
import { CodecError, ProtocolError, SymbolonError, TransportError } from '../errors.ts'
import * as frames from './frames.ts'
import { Type } from './frames.ts'
import {
  type Abandoned,
  attributesIn,
  type FileSink,
  type ItemResult,
  type Limits,
  type Refused,
  type Summary,
  type Totals,
  type TransferItem,
  type TreeSink,
} from './items.ts'
import { type Header, Link, type LinkOptions } from './link.ts'

/** How to receive, how much, and who hears of it. */
export interface ReceiveItemsOptions extends LinkOptions, Partial<Limits> {
  /** Hears first what the sender says there is in all: no more than a word of theirs, which the limits do not depend on. */
  readonly onBegin?: ((totals: Totals) => void) | undefined
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
export const DEFAULT_LIMITS: Limits = { maxFileBytes: 1e9, maxItems: 100_000, maxTotalBytes: 1e9 }

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
): Promise<Summary> {
  const link = new Link(stream, options)
  const receiving = new Receiving(link, take, options)
  try {
    await receiving.receive()
    await link.end()
    return receiving.summary()
  } catch (error) {
    // Before the link has failed nothing has happened to the stream: it is what came over it.
    const misbehaved = !link.failure && (error instanceof CodecError || error instanceof ProtocolError)
    link.fail(error as Error)
    // One who does not keep to the protocol is not waited for again.
    await receiving.abandon(misbehaved ? 'given_up' : 'cut')
    throw link.failure ?? error
  } finally {
    link.leave()
  }
}

/** A directory that is coming. */
interface Tree {
  readonly item: TransferItem
  readonly sink: TreeSink
  saved: number
  failed: number
  /** Why the first entry that was not saved was not: then the directory is not either. */
  code?: string
  cause?: unknown
}

class Receiving {
  readonly #link: Link
  readonly #take: AcceptItem
  readonly #options: ReceiveItemsOptions
  readonly #limits: Limits
  #tree: Tree | undefined
  /** Of the file that is coming. */
  #sink: FileSink | undefined
  #items = 0
  /** Of contents that were let in. */
  #allowed = 0
  #saved = 0
  #failed = 0
  #bytes = 0

  constructor(link: Link, take: AcceptItem, options: ReceiveItemsOptions) {
    this.#link = link
    this.#take = take
    this.#options = options
    const { maxFileBytes, maxItems, maxTotalBytes } = options
    this.#limits = {
      maxFileBytes: maxFileBytes ?? DEFAULT_LIMITS.maxFileBytes,
      maxItems: maxItems ?? DEFAULT_LIMITS.maxItems,
      maxTotalBytes: maxTotalBytes ?? Math.max(DEFAULT_LIMITS.maxTotalBytes, maxFileBytes ?? 0),
    }
  }

  summary(): Summary {
    return { saved: this.#saved, failed: this.#failed, bytes: this.#bytes }
  }

  /** Gives up what was under way. */
  async abandon(why: Abandoned): Promise<void> {
    await this.#sink?.abandon(why)
    await this.#tree?.sink.abandon(why)
  }

  async receive(): Promise<void> {
    const first = await this.#header()
    if (first.type !== Type.begin) throw outOfTurn(first)
    const totals = frames.readBegin(await this.#link.body(first))
    this.#options.onBegin?.(totals)
    for (;;) {
      const header = await this.#header()
      const { type } = header
      if (type === Type.item) await this.#item(frames.readItem(await this.#link.body(header)))
      else if (type === Type.close && this.#tree) await this.#close(this.#tree, header)
      else if (type === Type.cancel && this.#tree) await this.#cancelled(this.#tree, header)
      else if (type === Type.done && !this.#tree) {
        frames.readEmpty(await this.#link.body(header))
        return
      } else throw outOfTurn(header)
    }
  }

  async #header(): Promise<Header> {
    const header = await this.#link.header()
    if (header) return header
    throw new TransportError('channel_truncated', 'the stream ended before the transfer')
  }

  // --- items ---

  async #item({ kind, name, path, size, ...more }: frames.ItemFields): Promise<void> {
    const tree = this.#tree
    if ((path === undefined) !== (tree === undefined)) throw new CodecError('transfer, item: out of turn')
    const item: TransferItem = {
      kind,
      name: tree?.item.name ?? name ?? '',
      ...(path && { path }),
      ...(size !== undefined && { size }),
      ...frames.fromFields(more),
    }
    if (kind !== 'directory') await this.#file(item)
    else if (tree) await this.#directory(tree, item)
    else await this.#open(item)
  }

  /** Where an item goes, unless it is refused: then the sender is told, and so are we. */
  async #admit<T extends object>(
    item: TransferItem,
    act: () => Promise<T | Refused>,
  ): Promise<T | undefined> {
    try {
      this.#judge(item)
      const taking = act()
      const sink = await this.#link.during(taking).catch((error) => {
        // Somebody may still be asking; what they make is not wanted any more.
        taking.then(
          (late) => abandonIfAny(late),
          () => {},
        )
        throw error
      })
      if (!('refused' in sink)) return sink
      this.#refuse(item, sink.refused)
    } catch (error) {
      this.#refuse(item, this.#itsOwn(error).code, error)
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

  async #open(item: TransferItem): Promise<void> {
    const sink = await this.#admit(item, async () => this.#take(item))
    if (!sink) return
    this.#tree = { item, sink: sink as TreeSink, saved: 0, failed: 0 }
    this.#say(Type.ready, { from: 0 })
    await this.#link.room()
  }

  async #directory(tree: Tree, item: TransferItem): Promise<void> {
    const made = await this.#admit(item, async () => {
      if (tree.code !== undefined) return { refused: tree.code }
      await tree.sink.directory(item.path ?? [], attributesIn(item))
      return {}
    })
    if (made) this.#save(item)
    await this.#link.room()
  }

  async #file(item: TransferItem): Promise<void> {
    const tree = this.#tree
    const { path, size } = item
    const sink = await this.#admit<FileSink>(item, async () => {
      if (!tree) return this.#take(item) as Promise<FileSink | Refused>
      if (tree.code !== undefined) return { refused: tree.code }
      return tree.sink.file(path ?? [], size ?? 0, attributesIn(item))
    })
    this.#sink = sink
    const small = size !== undefined && size <= frames.SMALL_BYTES
    if (small) await this.#content(item, { hash: primitives.createSha256(), from: 0 })
    else if (sink) await this.#large(item, sink)
    await this.#link.room()
  }

  async #large(item: TransferItem, sink: FileSink): Promise<void> {
    const { size } = item
    let held: { hash: Hash; from: number }
    try {
      held = await this.#held(sink, size)
    } catch (error) {
      await this.#giveUp(item, this.#itsOwn(error).code, error)
      return
    }
    const { hash, from } = held
    this.#say(Type.ready, from > 0 ? { from, sha256: hash.copy().digest() } : { from })
    const header = await this.#header()
    const body = await this.#link.body(controlOf(header))
    if (header.type === Type.cancel) return this.#giveUp(item, frames.readCode(body).code)
    if (header.type !== Type.start) throw outOfTurn(header)
    const start = frames.readStart(body)
    if (start.from !== 0 && start.from !== from) throw new CodecError('transfer, start: not where we were')
    await this.#content(item, start.from > 0 ? held : { hash: primitives.createSha256(), from: 0 })
  }

  /** What an earlier attempt left. */
  async #held(sink: FileSink, size: number | undefined): Promise<{ hash: Hash; from: number }> {
    const hash = primitives.createSha256()
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
  async #content(item: TransferItem, { hash, from }: { hash: Hash; from: number }): Promise<void> {
    const size = item.size ?? Number.MAX_SAFE_INTEGER
    let position = from
    if (this.#sink) this.#options.onStart?.(item, from)
    await this.#attempt(item, (sink) => sink.start(from))
    for (;;) {
      const header = await this.#header()
      if (header.type === Type.data) {
        const { length } = header
        if (length === 0 || length > size - position) throw new CodecError('transfer, data: beyond the end')
        await this.#data(item, hash, position, length)
        position += length
        continue
      }
      const body = await this.#link.body(controlOf(header))
      if (header.type === Type.cancel) {
        const { code } = frames.readCode(body)
        if (this.#sink) await this.#giveUp(item, code)
        return
      }
      if (header.type !== Type.end) throw outOfTurn(header)
      if (item.size !== undefined && position < size) throw new CodecError('transfer, end: too early')
      await this.#finish(item, hash, frames.readEnd(body).sha256)
      return
    }
  }

  async #data(item: TransferItem, hash: Hash, position: number, length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const piece = await this.#link.piece(left)
      left -= piece.length
      if (!this.#sink) continue
      if (!this.#grows(item, piece.length, position + length - left)) {
        await this.#giveUp(item, 'file_too_large')
        continue
      }
      hash.update(piece)
      this.#bytes += piece.length
      const written = this.#write(item, this.#sink, piece)
      if (written) await written
      this.#options.onProgress?.(item, position + length - left)
    }
  }

  /** Whether what comes of unknown size is still within the limits. */
  #grows({ kind, size }: TransferItem, bytes: number, total: number): boolean {
    // A stream is passed on, not kept.
    if (kind === 'bytes' || size !== undefined) return true
    return total <= this.#limits.maxFileBytes && this.#allow(bytes)
  }

  // Nothing is waited for where the sink has nothing to wait for: it is called for every piece.
  #write(item: TransferItem, sink: FileSink, piece: Uint8Array): Promise<void> | undefined {
    try {
      return sink.write(piece)?.catch((error) => this.#giveUp(item, this.#itsOwn(error).code, error))
    } catch (error) {
      return this.#giveUp(item, this.#itsOwn(error).code, error)
    }
  }

  async #finish(item: TransferItem, hash: Hash, sha256: Uint8Array): Promise<void> {
    if (!this.#sink) return
    if (!equal(hash.digest(), sha256)) {
      const cause = new ProtocolError('file_damaged', 'what came is not what its sender says it is')
      return this.#giveUp(item, cause.code, cause)
    }
    if (!(await this.#attempt(item, (sink) => sink.finish(sha256)))) return
    this.#sink = undefined
    this.#save(item)
  }

  /** @returns whether it went well; nothing is done when the item has been refused already. */
  async #attempt(item: TransferItem, act: (sink: FileSink) => Promise<void>): Promise<boolean> {
    if (!this.#sink) return false
    try {
      await act(this.#sink)
      return true
    } catch (error) {
      await this.#giveUp(item, this.#itsOwn(error).code, error)
      return false
    }
  }

  /** Nothing is kept of the file that is coming, and its sender is told. */
  async #giveUp(item: TransferItem, code: string, cause?: unknown): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    await sink?.abandon('given_up')
    this.#refuse(item, code, cause)
  }

  // --- directories ---

  async #close(tree: Tree, header: Header): Promise<void> {
    frames.readEmpty(await this.#link.body(header))
    if (tree.code !== undefined) return this.#giveUpTree(tree, tree.code)
    try {
      await tree.sink.finish()
    } catch (error) {
      return this.#giveUpTree(tree, this.#itsOwn(error).code, error)
    }
    this.#tree = undefined
    this.#saved += tree.saved
    this.#save(tree.item)
  }

  async #cancelled(tree: Tree, header: Header): Promise<void> {
    const { code } = frames.readCode(await this.#link.body(header))
    await this.#giveUpTree(tree, code)
  }

  async #giveUpTree(tree: Tree, code: string, cause = tree.cause): Promise<void> {
    this.#tree = undefined
    await tree.sink.abandon('given_up')
    this.#failed += tree.saved + tree.failed
    this.#refuse(tree.item, code, cause)
  }

  // --- answers ---

  #save(item: TransferItem): void {
    if (this.#tree) this.#tree.saved++
    else this.#saved++
    this.#say(Type.saved, {})
    this.#options.onResult?.(item, { saved: true })
  }

  /** @param cause - nothing where it is the sender who gave it up, or where it is not wanted. */
  #refuse(item: TransferItem, code: string, cause?: unknown): void {
    if (this.#tree) {
      this.#tree.failed++
      this.#tree.code ??= code
      this.#tree.cause ??= cause
    } else this.#failed++
    this.#say(Type.refused, { code })
    this.#options.onResult?.(item, {
      saved: false,
      code,
      byPeer: false,
      ...(cause !== undefined && { cause }),
    })
  }

  #say(type: number, fields: object): void {
    this.#link.write(type, frames.encode(fields))
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
}

async function abandonIfAny(sink: object): Promise<void> {
  if ('abandon' in sink) await (sink as FileSink | TreeSink).abandon('cut')
}

/** @throws CodecError for data where there is none to come. */
function controlOf(header: Header): Header {
  if (header.type === Type.data) throw outOfTurn(header)
  return header
}

const tooLarge = (how: string) => new ProtocolError('transfer_too_large', how)
const outOfTurn = ({ type }: Header) => new CodecError(`transfer: a frame of type ${type} out of turn`)
