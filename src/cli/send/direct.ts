/** Sending files, or a stream, to a receiver who is there. */
import type { Duplex } from 'node:stream'
import { SymbolonError, TransportError } from '../../lib/errors.ts'
import {
  type ItemResult,
  sendItems,
  type TransferItem,
  type TransferSource,
  type TransferTotals,
} from '../../lib/transfer/index.ts'
import { EXIT, ToolError } from '../errors.ts'
import { arrivalText } from '../terminal/file-result.ts'
import { count, sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { type ItemFacts, progressSink, TransferProgress } from '../terminal/progress.ts'

/** A sender who hears nothing for so long would wonder: the receiver's user may be thinking about it. */
const WAITING_MS = 3000

export interface SendDirectly {
  readonly to: string
  readonly sources: readonly TransferSource[]
  /** How much that is, if it is known. */
  readonly totals?: TransferTotals | undefined
  /** How long the receiver may let us wait. */
  readonly timeoutSec: number
  /** A message that stood beside it is delivered, and would come once more. */
  readonly afterMessage?: boolean | undefined
  /** Ctrl+C. */
  readonly signal: AbortSignal
}

export interface DirectResult {
  /** How many of the items given on the command line are with the receiver. */
  readonly delivered: number
  /** How many files, directories and entries of these are not. */
  readonly failed: number
  /** Why the first item was refused, if it was, by a receiver who has taken nothing. */
  readonly refusal: string | undefined
}

/**
 * Sends all over one stream, and tells how far it is, and what becomes of each item.
 *
 * @returns what was delivered, once the receiver has said so of each.
 * @throws ToolError when it was stopped, or cut: what was done, and how to go on.
 */
export async function sendDirectly(
  stream: Duplex,
  output: Output,
  { to, sources, totals, timeoutSec, afterMessage, signal }: SendDirectly,
): Promise<DirectResult> {
  const progress = new TransferProgress(progressSink(output), nameOf, totals)
  let [delivered, failed] = [0, 0]
  let refusal: string | undefined
  const waiting = setTimeout(() => {
    output.event('waiting', { for: to }, `waiting for ${to}, who may be asked whether to take it`)
  }, WAITING_MS)
  const onStart = (item: TransferItem, from: number) => {
    clearTimeout(waiting)
    progress.begin(item, from)
    if (from === 0) return
    const { size } = item
    const line = `${nameOf(item)}: going on from ${sizeText(from)}${ofSize(size)}, which ${to} has`
    progress.end()
    output.event('resumed', { to, ...fieldsOf(item), size, bytes: from }, line)
  }
  const onResult = (item: TransferItem, result: ItemResult) => {
    clearTimeout(waiting)
    const facts = progress.finish(item, result)
    if (result.saved) {
      if (!facts) return
      delivered++
      tellDelivered(output, to, item, facts)
    } else {
      failed++
      if (item.path === undefined && result.byPeer) refusal ??= result.code
      tellNotDelivered(output, to, item, result)
    }
  }
  try {
    await sendItems(stream, sources, {
      signal,
      totals,
      patienceMs: timeoutSec * 1000,
      onStart,
      onProgress: (item, bytes) => progress.at(item, bytes),
      onResult,
    })
    return { delivered, failed, refusal: delivered === 0 ? refusal : undefined }
  } catch (error) {
    progress.end()
    const again = afterMessage ? 'the same command without the message' : 'the same command again'
    const canResume = [...progress.underway.keys()].every(({ size }) => size !== undefined)
    const hint = canResume
      ? `${again} goes on from what has arrived`
      : 'what comes from a pipe begins anew when it is sent again'
    const story = storyOf(progress, to, delivered)
    if (signal.aborted) throw new ToolError(`stopped: ${story}`, { hint, cause: error })
    const { code, message } = error as SymbolonError
    const isCut = error instanceof TransportError || code === 'channel_aborted'
    if (!(error instanceof SymbolonError) || !isCut) throw error
    const what = code === 'peer_silent' ? `${to} took nothing for ${timeoutSec} s` : message
    throw new ToolError(`${what}: ${story}`, { hint, code, exitCode: EXIT.tryLater, cause: error })
  } finally {
    clearTimeout(waiting)
    progress.end()
  }
}

function storyOf({ underway }: TransferProgress, to: string, delivered: number): string {
  const done = delivered > 0 ? `${count(delivered, 'item')} delivered to ${to}; ` : ''
  // The one that was begun last.
  const [item, { bytes }] = [...underway].at(-1) ?? [undefined, { bytes: 0 }]
  if (!item) return `${done}nothing ${delivered > 0 ? 'more ' : ''}was on its way`
  return `${done}${nameOf(item)} was on its way, ${sizeText(bytes)}${ofSize(item.size)}`
}

function tellDelivered(output: Output, to: string, { kind, name }: TransferItem, facts: ItemFacts): void {
  if (kind === 'bytes') {
    output.event('stream_delivered', { to, size: facts.size }, `delivered ${sizeText(facts.size)} to ${to}`)
    return
  }
  const isDirectory = kind === 'directory'
  const what = isDirectory ? arrivalText({ kind, name, ...facts }) : name
  const fields = { to, name, ...(isDirectory && { kind }), ...facts }
  output.event('file_delivered', fields, `delivered ${what} to ${to}`)
}

function tellNotDelivered(
  output: Output,
  to: string,
  item: TransferItem,
  { code, byPeer, cause }: Exclude<ItemResult, { saved: true }>,
): void {
  // The caller stores them at the KDC, or says that this cannot be.
  if (byPeer && NOT_TAKEN.has(code)) return
  const why = byPeer ? (REFUSALS.get(code)?.(to) ?? `${to} did not save it`) : messageOf(cause)
  const line = `not delivered: ${nameOf(item)}: ${why} (${code})`
  output.event('file_not_delivered', { to, ...fieldsOf(item), code, by: byPeer ? to : undefined }, line)
}

const ofSize = (size: number | undefined) => (size === undefined ? '' : ` of ${sizeText(size)}`)

const nameOf = ({ name, path }: TransferItem) => (path === undefined ? name : [name, ...path].join('/'))

const fieldsOf = ({ name, path }: TransferItem) =>
  path === undefined ? { name } : { name, path: path.join('/') }

const messageOf = (cause: unknown) => (cause instanceof SymbolonError ? cause.message : 'it cannot be read')

const NOT_TAKEN = new Set(['files_not_taken', 'stream_not_taken'])

const REFUSALS = new Map<string, (who: string) => string>([
  ['file_damaged', (who) => `what ${who} got is not what was sent`],
  ['file_not_saved', (who) => `${who} cannot save it: no room, perhaps`],
  ['file_refused', (who) => `${who} does not want it`],
  ['file_too_large', (who) => `larger than ${who}'s receiver takes (its --max-file)`],
  ['transfer_too_large', (who) => `more than ${who} takes of one sender`],
])
