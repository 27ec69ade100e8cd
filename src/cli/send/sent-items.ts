/**
 * What the sender of files tells of each: how far it is, that it goes on where it was cut, what became of it.
 *
 * @module
 */
import { SymbolonError } from '../../lib/errors.ts'
import type { ItemResult, TransferItem } from '../../lib/transfer/items.ts'
import { arrivalText } from '../terminal/file-result.ts'
import { count, sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import type { ProgressSink } from '../terminal/progress.ts'
import { TransferProgress, type TransferTotal } from '../terminal/transfer-progress.ts'

/** Tells of one transfer. */
export class SentItems {
  readonly #output: Output
  readonly #to: string
  readonly #tally: TransferProgress
  readonly #sizes = new Map<TransferItem, number>()
  readonly #delivered: string[] = []
  #failed = 0
  #entries = { files: 0, bytes: 0, failed: 0 }
  #refusal: string | undefined

  constructor(output: Output, to: string, meter: ProgressSink, extent?: TransferTotal) {
    this.#output = output
    this.#to = to
    this.#tally = new TransferProgress(meter, extent)
  }

  /** How many of what was given on the command line are with the receiver. */
  get delivered(): number {
    return this.#delivered.length
  }

  /** How many files, directories and entries of these are not. */
  get failed(): number {
    return this.#failed
  }

  /** Why the first thing was refused, if it was, by a receiver who has taken nothing. */
  get refusal(): string | undefined {
    return this.#delivered.length === 0 ? this.#refusal : undefined
  }

  /** Whether what is on its way can be gone on with. */
  get canResume(): boolean {
    return [...this.#sizes.keys()].every(({ size }) => size !== undefined)
  }

  /** The receiver wants a file, or the rest of it. */
  readonly onStart = (item: TransferItem, from: number): void => {
    const { size } = item
    this.#begin(item, from)
    if (from === 0) return
    const all = size === undefined ? '' : ` of ${sizeText(size)}`
    const line = `${nameOf(item)}: going on from ${sizeText(from)}${all}, which ${this.#to} has`
    this.#tally.end()
    this.#output.event('resumed', { to: this.#to, ...fieldsOf(item), size, bytes: from }, line)
  }

  readonly onProgress = (item: TransferItem, bytes: number): void => {
    if (!this.#sizes.has(item)) this.#begin(item, 0)
    this.#sizes.set(item, bytes)
    this.#tally.at(item, bytes)
  }

  readonly onResult = (item: TransferItem, result: ItemResult): void => {
    this.#tally.end()
    if (result.saved) this.#saved(item)
    else this.#notSaved(item, result)
    this.#sizes.delete(item)
  }

  /** It is over, in whatever way. */
  end(): void {
    this.#tally.end()
  }

  /** What was done so far, and how to go on: for a transfer that was cut short. */
  story(): string {
    const { delivered } = this
    const done = delivered > 0 ? `${count(delivered, 'item')} delivered to ${this.#to}; ` : ''
    // The one that was begun last, of those that nothing became of yet.
    const [item, bytes = 0] = [...this.#sizes].at(-1) ?? []
    if (!item) return `${done}nothing ${delivered > 0 ? 'more ' : ''}was on its way`
    const { size } = item
    const all = size === undefined ? '' : ` of ${sizeText(size)}`
    return `${done}${nameOf(item)} was on its way, ${sizeText(bytes)}${all}`
  }

  #begin(item: TransferItem, from: number): void {
    this.#sizes.set(item, from)
    this.#tally.begin(item, nameOf(item), item.size, from)
  }

  #saved(item: TransferItem): void {
    const bytes = this.#sizes.get(item) ?? item.size ?? 0
    if (item.path !== undefined) {
      if (item.kind === 'file')
        this.#entries = {
          ...this.#entries,
          files: this.#entries.files + 1,
          bytes: this.#entries.bytes + bytes,
        }
      return
    }
    const name = nameOf(item)
    const { files, bytes: all } = this.#entries
    const facts = item.kind === 'directory' ? { size: all, files } : { size: bytes }
    this.#entries = { files: 0, bytes: 0, failed: 0 }
    this.#delivered.push(name)
    const to = this.#to
    if (item.kind === 'bytes') {
      this.#output.event('stream_delivered', { to, size: bytes }, `delivered ${sizeText(bytes)} to ${to}`)
      return
    }
    const what = item.kind === 'directory' ? arrivalText({ kind: 'directory', name, ...facts }) : name
    const kind = item.kind === 'directory' ? { kind: item.kind } : {}
    this.#output.event('file_delivered', { to, name, ...kind, ...facts }, `delivered ${what} to ${to}`)
  }

  #notSaved(item: TransferItem, { code, byPeer, cause }: Exclude<ItemResult, { saved: true }>): void {
    this.#failed++
    if (item.path === undefined) {
      this.#entries = { files: 0, bytes: 0, failed: 0 }
      if (byPeer) this.#refusal ??= code
    }
    // The caller stores them at the KDC, or says that this cannot be.
    if (byPeer && NOT_TAKEN.has(code)) return
    const why = byPeer ? refusalText(this.#to, code) : messageOf(cause)
    const line = `not delivered: ${nameOf(item)}: ${why} (${code})`
    this.#output.event(
      'file_not_delivered',
      { to: this.#to, ...fieldsOf(item), code, by: byPeer ? this.#to : undefined },
      line,
    )
  }
}

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

/** Why the receiver did not take something, in words. */
function refusalText(who: string, code: string): string {
  return REFUSALS.get(code)?.(who) ?? `${who} did not save it`
}
