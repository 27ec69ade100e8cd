/** Receiving files that others send directly: which, where to, and what is told of them. */
import type { Duplex } from 'node:stream'
import { takeInto } from '../../files/by-path.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
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
import { type Ask, questionAbout } from '../terminal/ask.ts'
import { type Arrival, type FileResult, nameText, shownName } from '../terminal/file-result.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { progressSink, type StatusLine, TransferProgress } from '../terminal/progress.ts'

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

export interface Taken {
  /** How many items were saved, or passed on. */
  readonly saved: number
  /** How many were refused, or could not be saved. */
  readonly failed: number
  readonly error?: Error
}

/** Takes what a sender sends over a stream, to its end, and tells what becomes of each item. */
export async function takeItems(stream: Duplex, from: string, settings: ReceiveSettings): Promise<Taken> {
  const { output, saving, ask, status, streamTo, signal, patienceSec = PATIENCE_SEC } = settings
  // Without a place for them all are refused anyhow, for that reason.
  const maxFileBytes = saving?.maxBytes ?? Number.POSITIVE_INFINITY
  const maxTotalBytes = maxFileBytes * MAX_FILES_OF_ONE
  const files = saving && (settings.takeInto ?? takeInto)(saving.directory, from, maxTotalBytes)
  // In the budget of all transfers of this sender.
  const reservation = saving?.record.reservation(from, maxTotalBytes)
  const progress = new TransferProgress(progressSink(output, { status: status?.() }), nameOf)
  // Then the question needs no answer any more.
  const gone = new AbortController()
  stream.once('close', () => gone.abort())
  let totals: Totals = {}
  let isWanted: Promise<boolean> | undefined
  let [saved, failed] = [0, 0]
  let told = Promise.resolve()
  const tell = (arrival: Arrival, result: FileResult) => {
    told = told.then(() => output.arrived(from, arrival, result))
  }

  const take = async (item: TransferItem): Promise<FileSink | TreeSink | Refused> => {
    if (item.kind === 'bytes') return streamTo ? streamTo(from) : { refused: 'stream_not_taken' }
    if (!files) return { refused: 'files_not_taken' }
    // Once: a sender of a hundred files is not to be answered a hundred times.
    isWanted ??= ask ? ask(questionAbout(from, item, totals), gone.signal) : Promise.resolve(true)
    return (await isWanted) ? files.take(item) : { refused: 'file_refused' }
  }

  const onStart = (item: TransferItem, before: number) => {
    progress.begin(item, before)
    if (before === 0) return
    const { size } = item
    const all = size === undefined ? '' : ` of ${sizeText(size)}`
    const line = `${from}: ${nameText(nameOf(item))} goes on from ${sizeText(before)}${all}`
    output.event('resumed', { from, ...fieldsOf(item), size, bytes: before }, line)
  }

  const onResult = (item: TransferItem, result: ItemResult) => {
    const facts = progress.finish(item, result)
    if (!facts) return
    if (!result.saved) {
      failed++
      tellRefused(item, result)
      return
    }
    saved++
    const { size } = facts
    const place = files?.savedAs(item)
    if (place) {
      reservation?.took(place.already ? 0 : size)
      tell({ ...arrivalOf(item), ...facts }, { savedAs: place.path, already: place.already })
    } else output.event('stream_taken', { from, size }, `took ${sizeText(size)} from ${from}`)
  }

  const tellRefused = (item: TransferItem, { code, cause }: Exclude<ItemResult, { saved: true }>) => {
    if (code === 'stream_not_taken') {
      output.event('stream_not_taken', { from }, `${from} wants to send a stream, which is taken with --once`)
    } else if (code !== 'files_not_taken' || !canWait(item)) {
      // What can wait at the KDC is told of when it comes from there.
      const why =
        WHY_REFUSED.get(code)?.(from, saving?.maxBytes ?? 0) ??
        (cause instanceof Error ? cause.message : `aborted by its sender: not saved (${code})`)
      tell(arrivalOf(item), { code, why })
    }
  }

  try {
    await receiveItems(stream, take, {
      signal,
      maxFileBytes,
      maxTotalBytes,
      reserve: reservation?.reserve,
      ...(streamTo ? {} : { patienceMs: 1000 * patienceSec }),
      onBegin: (said) => {
        totals = said
        progress.expect({ files: said.files, size: said.bytes })
      },
      onStart,
      onProgress: (item, bytes) => progress.at(item, bytes),
      onResult,
    })
    return { saved, failed }
  } catch (error) {
    if (!(error instanceof SymbolonError) && !signal.aborted) throw error
    progress.end()
    tellCut(output, from, progress, error as Error, signal)
    return { saved, failed, error: error as Error }
  } finally {
    reservation?.end()
    gone.abort()
    progress.end()
    await told
  }
}

const WHY_REFUSED = new Map<string, (from: string, maxBytes: number) => string>([
  ['file_too_large', (_, max) => `larger than ${sizeText(max)} (--max-file): not taken`],
  [
    'transfer_too_large',
    (from, max) => `more than ${sizeText(max * MAX_FILES_OF_ONE)} of ${from}'s files at once: not taken`,
  ],
  ['files_not_taken', () => 'not taken: to save files, start with --output DIR'],
  ['file_refused', () => 'not wanted: not saved'],
  ['file_changed', () => 'changed while it was being sent: not saved'],
])

function tellCut(
  output: Output,
  from: string,
  { last }: TransferProgress,
  error: Error,
  signal: AbortSignal,
) {
  const why = signal.aborted ? 'stopped' : error.message
  const code = error instanceof SymbolonError ? error.code : undefined
  if (!last) {
    output.event('transfer_cut', { from, code }, `${from}: ${why}: nothing has come`)
    return
  }
  const { name, bytes, size } = last
  const all = size === undefined ? '' : ` of ${sizeText(size)}, from which it goes on when it is sent again`
  const line = `${from}: ${nameText(name)}: ${why} after ${sizeText(bytes)}${all}`
  output.event('transfer_cut', { from, name, bytes, size, code }, line)
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
