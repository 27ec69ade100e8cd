import type { Database, Statement } from '../../database/database.ts'

/** A part of the store, over the database that all of them share. */
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

  /** Whether a statement gives a row. */
  protected async gives(statement: Statement): Promise<boolean> {
    return (await this.database.read(statement)).length > 0
  }
}
