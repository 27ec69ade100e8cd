/** How far files are: a line on the terminal that changes, or events for programs. */
import type { ItemResult, TransferItem, TransferTotals } from '../../lib/transfer/items.ts'
import { sizeText } from './format.ts'
import type { Output } from './output.ts'
import { showStatus, visible, wipeStatus } from './terminal.ts'

/** What takes less needs no word. */
const FIRST_MS = 500
const LINE_INTERVAL_MS = 200
const EVENT_INTERVAL_MS = 250

export interface ProgressUpdate {
  /** Of the file on its way; made safe already. */
  readonly name: string
  readonly bytes: number
  /** Not known of what comes from a pipe. */
  readonly size?: number | undefined
  readonly whole?: OverallProgress | undefined
  /** So much of it was there before: it tells nothing about the rate. */
  readonly before?: number | undefined
}

interface OverallProgress {
  readonly file: number
  readonly files?: number | undefined
  readonly bytes: number
  readonly size?: number | undefined
}

export interface ProgressSink {
  at(update: ProgressUpdate): void
  end(): void
}

export interface StatusLine {
  readonly columns: number
  show(line: string): void
  wipe(): void
}

/** Where it is shown, and by which clock; for tests. */
export interface ProgressOptions {
  readonly stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>
  /** Another place than the stream. */
  readonly status?: StatusLine | undefined
  /** In milliseconds. */
  readonly clock?: () => number
}

/** For where something else is on the terminal. */
export const SILENT: ProgressSink = { at() {}, end() {} }

/** Shows how far a transfer is: on stderr where it is a terminal; with `--json`, as `progress` events, four a second at most. */
export function progressSink(
  output: Output,
  { stream = process.stderr, status, clock = () => performance.now() }: ProgressOptions = {},
): ProgressSink {
  if (output.json) return eventSink(output, clock)
  if (status) return lineSink(status, clock)
  // Among the lines of a trace it would be in the way.
  if (!stream.isTTY || output.trace) return SILENT
  return lineSink(
    {
      get columns() {
        return stream.columns ?? 80
      },
      show: (line) => showStatus(line, stream),
      wipe: wipeStatus,
    },
    clock,
  )
}

function eventSink(output: Output, clock: () => number): ProgressSink {
  let last = clock()
  return {
    at({ name, bytes, size, whole }) {
      const now = clock()
      if (now - last < EVENT_INTERVAL_MS) return
      last = now
      const all = whole && {
        file: whole.file,
        files: whole.files,
        total_bytes: whole.bytes,
        total_size: whole.size,
      }
      output.event('progress', { name, bytes, size, ...all })
    },
    end() {},
  }
}

function lineSink(status: StatusLine, clock: () => number): ProgressSink {
  const begun = clock()
  let next = begun + FIRST_MS
  let shown = false
  return {
    at(update) {
      const now = clock()
      if (now < next) return
      next = now + LINE_INTERVAL_MS
      shown = true
      status.show(progressLine(update, (now - begun) / 1000, status.columns))
    },
    end() {
      if (shown) status.wipe()
      shown = false
    },
  }
}

/**
 * Less than `columns` wide: `report.pdf  45 %, 12 MB of 27 MB, 3.2 MB/s, 5 s left`; of several
 * `a.jpg  12 of 340 files, 45 %, 12 MB of 27 MB, 3.2 MB/s, 5 s left`; of what has no known size `backup.tar  12 MB, 3.2 MB/s`.
 */
export function progressLine(update: ProgressUpdate, seconds: number, columns: number): string {
  const { name, whole, before = 0 } = update
  // Where it is not known how much all is, how far this file is.
  const { bytes, size } = whole?.size === undefined ? update : whole
  const rate = ((whole ?? update).bytes - before) / seconds
  const percent = size === 0 ? 100 : Math.min(100, Math.floor((100 * bytes) / (size ?? 1)))
  const parts = [
    ...(whole && (whole.files ?? whole.file) > 1 ? [countText(whole)] : []),
    ...(size === undefined ? [sizeText(bytes)] : [`${percent} %`, `${sizeText(bytes)} of ${sizeText(size)}`]),
    `${sizeText(rate)}/s`,
    ...(size !== undefined && rate > 0 ? [`${duration(Math.max(0, size - bytes) / rate)} left`] : []),
  ]
  const numbers = parts.join(', ')
  // Characters may be two cells wide.
  const room = Math.floor((columns - numbers.length - 3) / 2)
  const characters = [...visible(name)]
  const fits = characters.length <= room || (/^[\x20-\x7e]*$/.test(name) && characters.length <= 2 * room)
  const short = fits ? characters.join('') : `${characters.slice(0, Math.max(0, room - 1)).join('')}…`
  return `${short}  ${numbers}`
}

function countText({ file, files }: OverallProgress): string {
  return files === undefined ? `file ${file}` : `${file} of ${files} files`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}

/** A top-level item that is over: how large it is, and of a directory how many files are in it. */
export interface ItemFacts {
  readonly size: number
  readonly files?: number
}

interface Counted {
  readonly name: string
  readonly number: number
  bytes: number
}

/** How far the items of a transfer are, from what is told of each. */
export class TransferProgress {
  readonly #sink: ProgressSink
  readonly #nameOf: (item: TransferItem) => string
  #totals: TransferTotals
  /** Begun, and not over. */
  readonly #underway = new Map<TransferItem, Counted>()
  #begun = 0
  #bytes = 0
  #before = 0
  #last: { readonly item: TransferItem; readonly counted: Counted } | undefined
  /** Of the directory that is on its way. */
  #inside = { files: 0, size: 0 }

  /** @param nameOf - made safe already. */
  constructor(sink: ProgressSink, nameOf: (item: TransferItem) => string, totals: TransferTotals = {}) {
    this.#sink = sink
    this.#nameOf = nameOf
    this.#totals = totals
  }

  /** So much is to come; more may. */
  expect(totals: TransferTotals): void {
    this.#totals = totals
  }

  /** What was begun last. */
  get last():
    | { readonly name: string; readonly bytes: number; readonly size: number | undefined }
    | undefined {
    return this.#last && { ...this.#last.counted, size: this.#last.item.size }
  }

  get underway(): ReadonlyMap<TransferItem, { readonly bytes: number }> {
    return this.#underway
  }

  /** @param before - so much of it was there, and need not move. */
  begin(item: TransferItem, before = 0): Counted {
    const counted = { name: this.#nameOf(item), number: ++this.#begun, bytes: before }
    this.#last = { item, counted }
    this.#underway.set(item, counted)
    this.#bytes += before
    this.#before += before
    return counted
  }

  /** So many bytes of an item are moved, from its beginning. */
  at(item: TransferItem, bytes: number): void {
    const counted = this.#underway.get(item) ?? this.begin(item)
    this.#bytes += bytes - counted.bytes
    counted.bytes = bytes
    const { name, number } = counted
    // Once there is more than was said, it is not known how much there is.
    const files = atMost(number, this.#totals.files)
    const whole = { file: number, files, bytes: this.#bytes, size: atMost(this.#bytes, this.#totals.bytes) }
    this.#sink.at({ name, bytes, size: item.size, before: this.#before, ...(files === 1 ? {} : { whole }) })
  }

  /** @returns nothing for an entry of a directory, which is counted there. */
  finish(item: TransferItem, { saved }: ItemResult): ItemFacts | undefined {
    this.#sink.end()
    const size = this.#underway.get(item)?.bytes ?? item.size ?? 0
    this.#underway.delete(item)
    const inside = this.#inside
    if (item.path === undefined) {
      this.#inside = { files: 0, size: 0 }
      return item.kind === 'directory' ? inside : { size }
    }
    if (saved && item.kind === 'file') this.#inside = { files: inside.files + 1, size: inside.size + size }
    return undefined
  }

  end(): void {
    this.#sink.end()
  }
}

const atMost = (least: number, said: number | undefined) =>
  said !== undefined && said >= least ? said : undefined
