/** Sealed values in a database. The caller holds the state's lock: no other process changes the database meanwhile. */
import { type Database, type Statement, sql } from '../database/database.ts'
import { concat, EMPTY, utf8 } from '../lib/bytes.ts'
import { ProtocolError } from '../lib/errors.ts'
import { Contents } from './contents.ts'
import { damaged, inStateTerms } from './errors.ts'
import { HEADER_BYTES, openState, sealState } from './seal.ts'

const PURPOSE = 'symbolon/1 client state value'

/** Names are not secret, and stay what they are in every form of Unicode and in the hands of every database. */
export const NAME = /^[\x20-\x7e]{1,1000}$/

const TABLES: readonly Statement[] = [
  // header and sealed: what seal.ts makes, in two parts, so that the first can be read without the second.
  sql`create table if not exists entries (name text primary key, header blob not null, sealed blob not null)`,
  sql`create table if not exists contents (one bigint primary key check (one = 1), sealed blob not null)`,
]

interface SealedValue {
  readonly header: Uint8Array
  readonly sealed: Uint8Array
}

/** Whether a database has no value: then nothing is lost if it gets another key. */
export async function isEmpty(database: Database): Promise<boolean> {
  const tables = await database.read(sql`select name from sqlite_master`)
  if (tables.length === 0) return true
  return (await database.read(sql`select name from entries limit 1`)).length === 0
}

/** Makes an empty database one whose values will be sealed under this key. */
export async function prepare(database: Database, stateKey: Uint8Array): Promise<void> {
  await database.write([...TABLES, putContents(new Contents(stateKey).change([]).sealed)])
}

export class SealedValues {
  readonly #database: Database
  readonly #path: string
  readonly #stateKey: Uint8Array
  #contents: Contents
  // SQLite's word for "another connection has changed it".
  #version: unknown

  /**
   * @param path - of the database's file, for people.
   * @param stateKey - overwritten by `close`.
   */
  constructor(database: Database, path: string, stateKey: Uint8Array) {
    this.#database = database
    this.#path = path
    this.#stateKey = stateKey
    this.#contents = new Contents(stateKey)
  }

  /**
   * Finds out what others have changed since the last time. To be called under the lock, before anything else.
   *
   * @throws StateError `state_damaged` when not everything is there as it was written under this key; `state_unavailable`.
   */
  refresh(): Promise<void> {
    return this.#run(async () => {
      const [now] = await this.#database.read(sql`pragma data_version`)
      if (this.#version !== undefined && this.#version === now?.data_version) return
      const contents = await this.#read()
      this.#contents = contents
      this.#version = now?.data_version
    })
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const header = this.#contents.header(name)
    if (!header) return undefined
    const [entry] = await this.#run(() =>
      this.#database.read<SealedValue>(sql`select sealed from entries where name = ${name}`),
    )
    try {
      return openState(PURPOSE, this.#stateKey, utf8(name), concat(header, bytesOf(entry?.sealed)))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw damaged(this.#path, `the value of ${name} does not open`, error)
    }
  }

  names(prefix: string): string[] {
    return this.#contents
      .names()
      .filter((name) => name.startsWith(prefix))
      .sort()
  }

  seal(name: string, value: Uint8Array): SealedValue {
    const whole = sealState(PURPOSE, this.#stateKey, utf8(name), value)
    return { header: whole.subarray(0, HEADER_BYTES), sealed: whole.subarray(HEADER_BYTES) }
  }

  /** Writes all of these, or none; null deletes. To be called again only when the last one is done. */
  async write(changes: ReadonlyMap<string, SealedValue | null>): Promise<void> {
    const contents = this.#contents.change([...changes].map(([name, entry]) => [name, entry?.header ?? null]))
    const statements = [...changes].map(([name, entry]) =>
      entry ? putEntry(name, entry) : deleteEntry(name),
    )
    statements.push(putContents(contents.sealed))
    await this.#run(() => this.#database.write(statements))
    contents.make()
  }

  /** Brings what was written from the journal to its place, and leaves nothing of what was deleted. */
  async tidy(): Promise<void> {
    // If it cannot be done now (a full disk), the journal holds it until it can.
    await this.#database.read(sql`pragma wal_checkpoint(truncate)`).catch(() => {})
  }

  async close(): Promise<void> {
    this.#stateKey.fill(0)
    await this.#database.close()
  }

  async #read(): Promise<Contents> {
    const [row] = await this.#database.read<{ sealed: unknown }>(sql`select sealed from contents`)
    const entries = await this.#database.read<{ name: unknown; header: unknown }>(
      sql`select name, header from entries`,
    )
    const headers = entries.map(({ name, header }) => [String(name), bytesOf(header)] as const)
    if (headers.every(([name]) => NAME.test(name))) {
      const contents = new Contents(this.#stateKey)
      contents.change(headers).make()
      if (contents.names().length === entries.length && contents.are(bytesOf(row?.sealed))) return contents
    }
    throw damaged(this.#path, 'values are missing, or are not those that were written')
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    return inStateTerms(this.#path, work)
  }
}

const putEntry = (name: string, { header, sealed }: SealedValue): Statement => sql`
  insert into entries (name, header, sealed) values (${name}, ${header}, ${sealed})
  on conflict (name) do update set header = excluded.header, sealed = excluded.sealed`

const deleteEntry = (name: string): Statement => sql`delete from entries where name = ${name}`

function putContents(sealed: Uint8Array): Statement {
  return sql`insert into contents (one, sealed) values (1, ${sealed}) on conflict (one) do update set sealed = excluded.sealed`
}

// A damaged file can have anything in a column.
function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : EMPTY
}
