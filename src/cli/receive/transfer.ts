/**
 * ReceiveSettings files that others send directly: which, where to, and what is told of them.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { takeInto } from '../../files/by-path.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
import type { PlaceForFiles } from '../../lib/paths.ts'
import {
  type FileSink,
  type ItemResult,
  type Refused,
  receiveItems,
  type Totals,
  type TransferItem,
  type TreeSink,
} from '../../lib/transfer/index.ts'
import { MAX_FILES_OF_ONE, type Saving } from '../mailbox/save-files.ts'
import type { Reservation } from '../mailbox/save-record.ts'
import { type Ask, questionAbout } from '../terminal/ask.ts'
import { type Arrival, type FileResult, nameText, shownName } from '../terminal/file-result.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { meterOf, type StatusLine } from '../terminal/progress.ts'
import { TransferProgress } from '../terminal/transfer-progress.ts'

/** A sender that lets us wait for so long is gone, or wants to keep our room. What comes from a pipe may take its time. */
const PATIENCE_SEC = 600

export interface ReceiveSettings {
  readonly output: Output
  /** Where files go; without it none is taken. */
  readonly saving: Saving | undefined
  /** Makes the place for what one sender sends. Default: as `takeInto`. */
  readonly takeInto?: typeof takeInto
  /** Puts a question, once for each transfer. */
  readonly ask?: Ask | undefined
  /** Where the terminal has room for how far it is, if a conversation is on it. */
  readonly status?: (() => StatusLine | undefined) | undefined
  /** Where streams go; without it none is taken. */
  readonly streamTo?: ((from: string) => FileSink) | undefined
  /** How long a sender may let us wait. Default: `PATIENCE_SEC`. */
  readonly patienceSec?: number
  /** Ends it half way; what has come of a file is kept, under a hidden name. */
  readonly signal: AbortSignal
}

/** What became of a transfer. */
export interface Taken {
  /** How many items were saved, or passed on. */
  readonly saved: number
  /** How many were refused, or could not be saved. */
  readonly failed: number
  /** Why it broke. */
  readonly error?: Error
}

/**
 * Takes what a sender sends over a stream, to its end, and tells what becomes of each item.
 *
 * @throws what is no SymbolonError, unless `signal` was the reason.
 */
export function takeItems(stream: Duplex, from: string, settings: ReceiveSettings): Promise<Taken> {
  return new Transfer(stream, from, settings).run()
}

class Transfer {
  readonly #stream: Duplex
  readonly #from: string
  readonly #settings: ReceiveSettings
  readonly #tally: TransferProgress
  readonly #taker: PlaceForFiles | undefined
  /** In the budget of all transfers of this sender. */
  readonly #room: Reservation | undefined
  readonly #gone = new AbortController()
  /** What the sender says there is. */
  #totals: Totals = {}
  #isWanted: Promise<boolean> | undefined
  /** Of the directory that is coming. */
  #inside = { files: 0, size: 0 }
  #bytes = new Map<TransferItem, number>()
  #saved = 0
  #failed = 0
  #told: Promise<void> = Promise.resolve()

  constructor(stream: Duplex, from: string, settings: ReceiveSettings) {
    this.#stream = stream
    this.#from = from
    this.#settings = settings
    const { output, status, saving } = settings
    this.#taker =
      saving && (settings.takeInto ?? takeInto)(saving.directory, from, saving.maxBytes * MAX_FILES_OF_ONE)
    this.#room = saving?.record.reservation(from, saving.maxBytes * MAX_FILES_OF_ONE)
    this.#tally = new TransferProgress(meterOf(output, { status: status?.() }))
    // Then the question needs no answer any more.
    stream.once('close', () => this.#gone.abort())
  }

  async run(): Promise<Taken> {
    const { saving, signal, streamTo, patienceSec = PATIENCE_SEC } = this.#settings
    // Without a place for them all are refused anyhow, for that reason.
    const maxFileBytes = saving?.maxBytes ?? Number.POSITIVE_INFINITY
    const maxTotalBytes = maxFileBytes * MAX_FILES_OF_ONE
    try {
      await receiveItems(this.#stream, this.#take, {
        signal,
        maxFileBytes,
        maxTotalBytes,
        reserve: this.#room?.reserve,
        ...(streamTo ? {} : { patienceMs: 1000 * patienceSec }),
        onBegin: this.#onBegin,
        onStart: this.#onStart,
        onProgress: this.#onProgress,
        onResult: this.#onResult,
      })
      return { saved: this.#saved, failed: this.#failed }
    } catch (error) {
      if (!(error instanceof SymbolonError) && !signal.aborted) throw error
      this.#tellCut(error as Error)
      return { saved: this.#saved, failed: this.#failed, error: error as Error }
    } finally {
      this.#room?.end()
      this.#gone.abort()
      this.#tally.end()
      await this.#told
    }
  }

  readonly #take = async (item: TransferItem): Promise<FileSink | TreeSink | Refused> => {
    const { streamTo } = this.#settings
    if (item.kind === 'bytes') return streamTo ? streamTo(this.#from) : { refused: 'stream_not_taken' }
    if (!this.#taker) return { refused: 'files_not_taken' }
    this.#isWanted ??= this.#ask(item)
    if (!(await this.#isWanted)) return { refused: 'file_refused' }
    return this.#taker.take(item)
  }

  // Once: a sender of a hundred files is not to be answered a hundred times.
  async #ask(item: TransferItem): Promise<boolean> {
    const { ask } = this.#settings
    if (!ask) return true
    return ask(questionAbout(this.#from, item, this.#totals), this.#gone.signal)
  }

  readonly #onBegin = (totals: Totals): void => {
    this.#totals = totals
    this.#tally.expect({ files: totals.files, size: totals.bytes })
  }

  readonly #onStart = (item: TransferItem, before: number): void => {
    this.#begin(item, before)
    if (before === 0) return
    const { output } = this.#settings
    const all = item.size === undefined ? '' : ` of ${sizeText(item.size)}`
    const line = `${this.#from}: ${nameText(nameOf(item))} goes on from ${sizeText(before)}${all}`
    output.event('resumed', { from: this.#from, ...fieldsOf(item), size: item.size, bytes: before }, line)
  }

  readonly #onProgress = (item: TransferItem, bytes: number): void => {
    if (!this.#bytes.has(item)) this.#begin(item, 0)
    this.#bytes.set(item, bytes)
    this.#tally.at(item, bytes)
  }

  #begin(item: TransferItem, before: number): void {
    this.#bytes.set(item, before)
    this.#tally.begin(item, nameOf(item), item.size, before)
  }

  readonly #onResult = (item: TransferItem, result: ItemResult): void => {
    this.#tally.end()
    const size = this.#bytes.get(item) ?? item.size ?? 0
    this.#bytes.delete(item)
    if (item.path !== undefined) {
      if (!result.saved || item.kind === 'directory') return
      this.#inside = { files: this.#inside.files + 1, size: this.#inside.size + size }
      return
    }
    const arrival =
      item.kind === 'directory' ? { ...arrivalOf(item), ...this.#inside } : { ...arrivalOf(item), size }
    this.#inside = { files: 0, size: 0 }
    if (result.saved) this.#tellSaved(item, arrival)
    else this.#tellRefused(item, result)
  }

  #tellSaved(item: TransferItem, arrival: Arrival & { readonly size: number }): void {
    this.#saved++
    const { size } = arrival
    const saved = this.#taker?.savedAs(item)
    if (!saved) {
      this.#settings.output.event(
        'stream_taken',
        { from: this.#from, size },
        `took ${sizeText(size)} from ${this.#from}`,
      )
      return
    }
    this.#room?.took(saved.already ? 0 : size)
    this.#tell(arrival, { savedAs: saved.path, already: saved.already })
  }

  #tellRefused(item: TransferItem, { code, cause }: Exclude<ItemResult, { saved: true }>): void {
    this.#failed++
    if (code === 'stream_not_taken') {
      const line = `${this.#from} wants to send a stream, which is taken with --once`
      this.#settings.output.event('stream_not_taken', { from: this.#from }, line)
    } else if (code !== 'files_not_taken' || !canWait(item)) {
      // What can wait at the KDC is told of when it comes from there.
      this.#tell(arrivalOf(item), { code, why: this.#why(code, cause) })
    }
  }

  #why(code: string, cause: unknown): string {
    const max = this.#settings.saving?.maxBytes ?? 0
    switch (code) {
      case 'file_too_large':
        return `larger than ${sizeText(max)} (--max-file): not taken`
      case 'transfer_too_large':
        return `more than ${sizeText(max * MAX_FILES_OF_ONE)} of ${this.#from}'s files at once: not taken`
      case 'files_not_taken':
        return 'not taken: to save files, start with --output DIR'
      case 'file_refused':
        return 'not wanted: not saved'
      case 'file_changed':
        return 'changed while it was being sent: not saved'
    }
    return cause instanceof Error ? cause.message : `aborted by its sender: not saved (${code})`
  }

  #tell(arrival: Arrival, result: FileResult): void {
    const told = this.#told
    const tell = async () => {
      await told
      await this.#settings.output.arrived(this.#from, arrival, result)
    }
    this.#told = tell()
  }

  #tellCut(error: Error): void {
    const { output, signal } = this.#settings
    const last = this.#tally.last
    const why = signal.aborted ? 'stopped' : error.message
    const code = error instanceof SymbolonError ? error.code : undefined
    this.#tally.end()
    if (!last) {
      output.event('transfer_cut', { from: this.#from, code }, `${this.#from}: ${why}: nothing has come`)
      return
    }
    const { name, bytes, size } = last
    const all = size === undefined ? '' : ` of ${sizeText(size)}, from which it goes on when it is sent again`
    const line = `${this.#from}: ${nameText(name)}: ${why} after ${sizeText(bytes)}${all}`
    output.event('transfer_cut', { from: this.#from, name, bytes, size, code }, line)
  }
}

function canWait({ kind, size }: TransferItem): boolean {
  return kind === 'file' && size !== undefined && size <= MAX_FILE_BYTES
}

function arrivalOf({ kind, name, size }: TransferItem): Arrival {
  return { kind, name: shownName({ name }), ...(size === undefined ? {} : { size }) }
}

const nameOf = ({ name, path = [] }: TransferItem) =>
  [name, ...path].map((part) => shownName({ name: part })).join('/')

const fieldsOf = ({ name, path }: TransferItem) => ({
  name: shownName({ name }),
  ...(path && { path: path.map((part) => shownName({ name: part })).join('/') }),
})
