/**
 * What the store asks of a database, and no more: so little that SQLite and PostgreSQL run the same SQL text.
 *
 * Shared statements keep to what both understand: times are `bigint` parameters (no `now()`), bytes are `blob`, there is
 * no boolean, JSON or array, and no `for update`.
 *
 * @module
 */
import { SymbolonError } from '../lib/errors.ts'

/** What can be bound to a placeholder. */
export type Value = string | number | Uint8Array | null

/** An SQL text with holes, and what goes into them. */
export interface Statement {
  /** The same object at every run of one call site, so that a driver can keep what it prepared. */
  readonly strings: TemplateStringsArray
  readonly values: readonly Value[]
}

/**
 * Writes a statement. Every `${value}` becomes a bound parameter: no value is ever part of the SQL text.
 *
 * @example sql`select record from accounts where username = ${username}`
 */
export function sql(strings: TemplateStringsArray, ...values: Value[]): Statement {
  return { strings, values }
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
   * @returns the rows of each statement, in order.
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

export const STORE_CODES = ['store_unavailable', 'store_newer'] as const

/** The store cannot be used: now (`store_unavailable`), or by this version of the program (`store_newer`). */
export class StoreError extends SymbolonError {
  override readonly name = 'StoreError'
  readonly code: (typeof STORE_CODES)[number]

  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
