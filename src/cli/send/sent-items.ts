/** What the sender of files tells of each: how far it is, that it goes on where it was cut, what became of it. */
import { SymbolonError } from '../../lib/errors.ts'
import type { ItemResult, TransferItem } from '../../lib/transfer/items.ts'
import { arrivalText } from '../terminal/file-result.ts'
import { count, sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { type ItemFacts, progressSink, TransferProgress, type TransferTotal } from '../terminal/progress.ts'

/** Tells of one transfer. */
export class SentItems {
  readonly #output: Output
  readonly #to: string
  readonly #progress: TransferProgress
  #delivered = 0
  #failed = 0
  #refusal: string | undefined

  constructor(output: Output, to: string, total?: TransferTotal) {
    this.#output = output
    this.#to = to
    this.#progress = new TransferProgress(progressSink(output), nameOf, total)
  }

  /** How many of what was given on the command line are with the receiver. */
  get delivered(): number {
    return this.#delivered
  }

  /** How many files, directories and entries of these are not. */
  get failed(): number {
    return this.#failed
  }

  /** Why the first thing was refused, if it was, by a receiver who has taken nothing. */
  get refusal(): string | undefined {
    return this.#delivered === 0 ? this.#refusal : undefined
  }

  /** Whether what is on its way can be gone on with. */
  get canResume(): boolean {
    return [...this.#progress.underway.keys()].every(({ size }) => size !== undefined)
  }

  /** The receiver wants a file, or the rest of it. */
  readonly onStart = (item: TransferItem, from: number): void => {
    const { size } = item
    this.#progress.begin(item, from)
    if (from === 0) return
    const all = size === undefined ? '' : ` of ${sizeText(size)}`
    const line = `${nameOf(item)}: going on from ${sizeText(from)}${all}, which ${this.#to} has`
    this.#progress.end()
    this.#output.event('resumed', { to: this.#to, ...fieldsOf(item), size, bytes: from }, line)
  }

  readonly onProgress = (item: TransferItem, bytes: number): void => this.#progress.at(item, bytes)

  readonly onResult = (item: TransferItem, result: ItemResult): void => {
    const facts = this.#progress.finish(item, result)
    if (!result.saved) this.#notSaved(item, result)
    else if (facts) this.#saved(item, facts)
  }

  /** It is over, in whatever way. */
  end(): void {
    this.#progress.end()
  }

  /** What was done so far, and how to go on: for a transfer that was cut short. */
  story(): string {
    const { delivered } = this
    const done = delivered > 0 ? `${count(delivered, 'item')} delivered to ${this.#to}; ` : ''
    // The one that was begun last, of those that nothing became of yet.
    const [item, { bytes }] = [...this.#progress.underway].at(-1) ?? [undefined, { bytes: 0 }]
    if (!item) return `${done}nothing ${delivered > 0 ? 'more ' : ''}was on its way`
    const { size } = item
    const all = size === undefined ? '' : ` of ${sizeText(size)}`
    return `${done}${nameOf(item)} was on its way, ${sizeText(bytes)}${all}`
  }

  #saved(item: TransferItem, facts: ItemFacts): void {
    const { kind, name } = item
    const to = this.#to
    this.#delivered++
    if (kind === 'bytes') {
      this.#output.event('stream_delivered', { to, ...facts }, `delivered ${sizeText(facts.size)} to ${to}`)
      return
    }
    const isDirectory = kind === 'directory'
    const what = isDirectory ? arrivalText({ kind, name, ...facts }) : name
    const fields = { to, name, ...(isDirectory && { kind }), ...facts }
    this.#output.event('file_delivered', fields, `delivered ${what} to ${to}`)
  }

  #notSaved(item: TransferItem, { code, byPeer, cause }: Exclude<ItemResult, { saved: true }>): void {
    this.#failed++
    if (item.path === undefined && byPeer) this.#refusal ??= code
    // The caller stores them at the KDC, or says that this cannot be.
    if (byPeer && NOT_TAKEN.has(code)) return
    const why = byPeer ? refusalText(this.#to, code) : messageOf(cause)
    const line = `not delivered: ${nameOf(item)}: ${why} (${code})`
    const by = byPeer ? this.#to : undefined
    this.#output.event('file_not_delivered', { to: this.#to, ...fieldsOf(item), code, by }, line)
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
