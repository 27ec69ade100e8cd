/**
 * A state that is open: sealed values in a database that nobody else has open.
 *
 * @module
 */
import { type Database, type Statement, sql } from '../database/database.ts'
import { concat, utf8 } from '../lib/bytes.ts'
import { ProtocolError } from '../lib/errors.ts'
import type { StateStore } from '../lib/mls/state-store.ts'
import { areContents, type Contents, sealContents } from './contents.ts'
import { HEADER_BYTES, openState, sealState } from './seal.ts'
import { damaged, inStateTerms } from './trouble.ts'

const PURPOSE = 'symbolon/1 client state value'
// Names are not secret, and stay what they are in every form of Unicode and every file system's and database's hands.
const NAME = /^[\x20-\x7e]{1,1000}$/

const TABLES: readonly Statement[] = [
  // header and sealed: what seal.ts makes, in two parts, so that the first can be read without the second.
  sql`create table if not exists entries (name text primary key, header blob not null, sealed blob not null)`,
  sql`create table if not exists contents (one bigint primary key check (one = 1), sealed blob not null)`,
]

interface Entry {
  readonly header: Uint8Array
  readonly sealed: Uint8Array
}

/** Whether a database has no value: then nothing is lost if it gets another key. */
export async function isEmpty(database: Database): Promise<boolean> {
  const tables = await database.read(sql`select name from sqlite_master`)
  if (tables.length === 0) return true
  return (await database.read(sql`select name from entries limit 1`)).length === 0
}

export class SealedStore implements StateStore {
  readonly #database: Database
  readonly #path: string
  readonly #stateKey: Uint8Array
  #contents: Contents
  #written: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(database: Database, path: string, stateKey: Uint8Array, contents: Contents) {
    this.#database = database
    this.#path = path
    this.#stateKey = Uint8Array.from(stateKey)
    this.#contents = contents
  }

  /** Makes an empty state under this key of an empty database. */
  static async create(database: Database, stateKey: Uint8Array): Promise<void> {
    await database.write([...TABLES, putContents(sealContents(stateKey, new Map()))])
  }

  /**
   * @param database - closed by `close`.
   * @param path - of its file, for people.
   * @throws StateError `state_damaged` when not everything is there as it was written under this key.
   */
  static async open(database: Database, path: string, stateKey: Uint8Array): Promise<SealedStore> {
    const [row] = await database.read<{ sealed: Uint8Array }>(sql`select sealed from contents`)
    const entries = await database.read<{ name: string; header: Uint8Array }>(
      sql`select name, header from entries order by name`,
    )
    const contents = new Map(entries.map(({ name, header }) => [String(name), bytesOf(header)]))
    if (!areContents(stateKey, contents, bytesOf(row?.sealed))) {
      throw damaged(path, 'values are missing, or are not those that were written')
    }
    return new SealedStore(database, path, stateKey, contents)
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check([key])
    const expected = this.#contents.get(key)
    const rows = await this.#run(() =>
      this.#database.read<Entry>(sql`select header, sealed from entries where name = ${key}`),
    )
    const [entry] = rows
    if (!entry && !expected) return undefined
    const sealed = concat(bytesOf(entry?.header), bytesOf(entry?.sealed))
    try {
      return openState(PURPOSE, this.#stateKey, utf8(key), sealed)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw damaged(this.#path, `the value of ${key} does not open`, error)
    }
  }

  async list(prefix: string): Promise<string[]> {
    this.#check([])
    return [...this.#contents.keys()].filter((name) => name.startsWith(prefix)).sort()
  }

  write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    try {
      this.#check([...changes.keys()])
    } catch (error) {
      return Promise.reject(error)
    }
    // Sealed at once: the caller may use the bytes for something else. One after the other: each seals the contents that the
    // one before has left.
    const sealed = new Map([...changes].map(([name, bytes]) => [name, bytes && this.#seal(name, bytes)]))
    const written = this.#written.then(() => this.#write(sealed))
    this.#written = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#written
    this.#stateKey.fill(0)
    await this.#database.close()
  }

  async #write(changes: ReadonlyMap<string, Entry | null>): Promise<void> {
    if (changes.size === 0) return
    const contents = new Map(this.#contents)
    const statements: Statement[] = []
    for (const [name, entry] of changes) {
      if (entry) {
        contents.set(name, entry.header)
        statements.push(sql`
          insert into entries (name, header, sealed) values (${name}, ${entry.header}, ${entry.sealed})
          on conflict (name) do update set header = excluded.header, sealed = excluded.sealed`)
      } else {
        contents.delete(name)
        statements.push(sql`delete from entries where name = ${name}`)
      }
    }
    statements.push(putContents(sealContents(this.#stateKey, contents)))
    await this.#run(() => this.#database.write(statements))
    this.#contents = contents
  }

  #seal(name: string, bytes: Uint8Array): Entry {
    const whole = sealState(PURPOSE, this.#stateKey, utf8(name), bytes)
    return { header: whole.subarray(0, HEADER_BYTES), sealed: whole.subarray(HEADER_BYTES) }
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    return inStateTerms(this.#path, work)
  }

  #check(names: readonly string[]): void {
    if (this.#closed) throw new TypeError('client state: used after it was closed')
    for (const name of names) {
      if (!NAME.test(name))
        throw new RangeError('client state: a name is 1 to 1000 printable characters of ASCII')
    }
  }
}

function putContents(sealed: Uint8Array): Statement {
  return sql`insert into contents (one, sealed) values (1, ${sealed}) on conflict (one) do update set sealed = excluded.sealed`
}

// A damaged file can have anything in a column.
function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}
