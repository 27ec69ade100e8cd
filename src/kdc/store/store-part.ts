/** What the parts of the store have in common: the database, and how rows are read. */
import type { Database, Statement } from '../../database/database.ts'

/** The store, or a part of it, over the database that all of them share. */
export class StorePart {
  protected readonly database: Database

  constructor(database: Database) {
    this.database = database
  }

  /** Runs one statement that changes something. @returns how many rows it gives. */
  protected async change(statement: Statement): Promise<number> {
    const [rows] = await this.database.write([statement])
    return rows?.length ?? 0
  }

  /** The first row that a statement gives, if any. */
  protected async one<R extends object>(statement: Statement): Promise<R | undefined> {
    const [row] = await this.database.read<R>(statement)
    // The driver's rows have no prototype.
    return row && { ...row }
  }

  protected async gives(statement: Statement): Promise<boolean> {
    return (await this.one(statement)) !== undefined
  }

  /** The `count` that a statement gives. */
  protected async countOf(statement: Statement): Promise<number> {
    return (await this.one<{ count: number }>(statement))?.count ?? 0
  }
}

/** A row without the columns that are null. */
export const withoutNulls = <T>(row: object): T =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T
