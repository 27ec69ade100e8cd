/**
 * What the store asks of a database, and no more: so little that SQLite and PostgreSQL run the same SQL text.
 *
 * Shared statements keep to what both understand: times are `bigint` parameters (no `now()`), bytes are `blob`, there is
 * no boolean, JSON or array, and no `for update`.
 */
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'

/** What can be bound to a placeholder. */
export type Value = string | number | Uint8Array | null

/** An SQL text with holes, and what goes into them. */
export interface Statement {
  /** The same object at every run of one call site, so that a driver can keep what it prepared. */
  readonly strings: TemplateStringsArray
  readonly values: readonly Value[]
  /** See `required`. */
  readonly isRequired?: true
}

/** Texts that were put together: finitely many, for no value is part of a text. */
const composed = new Map<string, TemplateStringsArray>()

/**
 * Writes a statement, or a part of one. Every `${value}` becomes a bound parameter: no value is ever part of the SQL text. A part
 * is put in its place.
 *
 * @example sql`select record from accounts where username = ${username}`
 * @example const isBob = sql`username = ${'bob'}`; sql`select record from accounts where ${isBob}`
 */
export function sql(strings: TemplateStringsArray, ...holes: (Value | Statement)[]): Statement {
  if (!holes.some(isPart)) return { strings, values: holes as Value[] }
  const place = (hole: Value | Statement | undefined) => (isPart(hole) ? hole.strings.join('?') : '?')
  const text = strings.reduce((before, next, i) => `${before}${place(holes[i - 1])}${next}`)
  const known = composed.get(text) ?? templateOf(text.split('?'))
  composed.set(text, known)
  return { strings: known, values: holes.flatMap((hole) => (isPart(hole) ? hole.values : [hole])) }
}

const templateOf = (texts: string[]): TemplateStringsArray => Object.assign(texts, { raw: texts })

const isPart = (hole: Value | Statement | undefined): hole is Statement =>
  typeof hole === 'object' && hole !== null && 'strings' in hole

/** The statement as a condition of its transaction: if it gives no row, nothing of the transaction is done. */
export function required(statement: Statement): Statement {
  return { ...statement, isRequired: true }
}

/** A row as the driver gives it: columns by name, integers as numbers, blobs as `Uint8Array`. */
export type Row = Record<string, Value>

/** A database that is open. */
export interface Database {
  /**
   * Runs one statement that changes nothing.
   *
   * @throws StoreError `store_unavailable`.
   */
  read<R extends object = Row>(statement: Statement): Promise<R[]>
  /**
   * Runs the statements in one transaction: all of them or none. When the promise resolves, they are on disk.
   *
   * @returns the rows of each statement, in order; an empty list when a required one gave no row, and nothing was done.
   * @throws StoreError `store_unavailable`.
   */
  write(statements: readonly Statement[]): Promise<Row[][]>
  /**
   * Copies the database, as it is at one moment, to a file that there is not yet; others may write meanwhile. The copy is on disk
   * when the promise resolves, under no other name. A database server has a tool of its own for this, and not this.
   *
   * @param changes - what is to be done to the copy; nothing of what they delete is left in the file.
   * @throws StoreError `store_unavailable`.
   */
  copyTo?(path: string, changes: readonly Statement[]): Promise<void>
  /** Finishes the writes that were accepted, then closes. */
  close(): Promise<void>
}

/** The store cannot be used: now (`store_unavailable`), or by this version of the program (`store_newer`). */
export class StoreError extends SymbolonError {
  override readonly name = 'StoreError'
  readonly code: (typeof ERROR_CODES.store)[number]

  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
