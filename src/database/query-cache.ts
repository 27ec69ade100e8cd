/**
 * What was read lately, for as long as it is what would be read now.
 *
 * @module
 */
import type { Row, Statement, Value } from './database.ts'

/** A few MiB at most, as rows are; then it begins anew. */
const MAX_REMEMBERED = 4096

/** Rows by the statement that gave them, all of one version of the database. */
export class QueryCache {
  readonly #rows = new Map<TemplateStringsArray, Map<string, readonly Row[]>>()
  #version = Number.NaN
  #size = 0

  /** Forgets everything, unless the database still has the version that it had. */
  hold(version: number): void {
    if (version !== this.#version) this.forget()
    this.#version = version
  }

  /** Forgets everything. */
  forget(): void {
    this.#rows.clear()
    this.#version = Number.NaN
    this.#size = 0
  }

  get(statement: Statement): readonly Row[] | undefined {
    return this.#rows.get(statement.strings)?.get(keyOf(statement.values))
  }

  set({ strings, values }: Statement, rows: readonly Row[]): void {
    if (this.#size++ >= MAX_REMEMBERED) {
      this.#rows.clear()
      this.#size = 1
    }
    let ofStatement = this.#rows.get(strings)
    if (!ofStatement) {
      ofStatement = new Map()
      this.#rows.set(strings, ofStatement)
    }
    ofStatement.set(keyOf(values), rows)
  }
}

/** Different for different values: each is told by its type, and ends where its length says. */
function keyOf(values: readonly Value[]): string {
  let key = ''
  for (const value of values) {
    if (typeof value === 'string') key += `s${value.length}:${value}`
    else if (typeof value === 'number') key += `n${value};`
    else if (value === null) key += '-'
    else
      key += `b${value.length}:${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`
  }
  return key
}
