/**
 * SQLite behind the `Database` interface, through the `DatabaseSync` API: Node's own from Node 24, and `@photostructure/sqlite`, the same API,
 * below.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { ensurePrivateFile } from '../files/private-files.ts'
import { type Database, type Row, type Statement, StoreError, sql } from './database.ts'

/** How long opening waits for another process, which may be opening the file too. */
const OPEN_TIMEOUT_MS = 5000
/** How long it stands still between two tries, where SQLite does not wait by itself. */
const OPEN_PAUSE_MS = 10
/** How long a write stands still for another process's transaction, which takes about a millisecond. */
const BUSY_TIMEOUT_MS = 100
/** How many such waits a write is worth, the event loop turning in between: five seconds in all. */
const BUSY_TRIES = 50

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSyncInstance
}

const hasBuiltin = Number(process.versions.node.split('.')[0]) >= 24
let sqlite: SqliteModule | undefined

/**
 * Opens a database file, or `':memory:'`.
 *
 * @throws an error of SQLite, with its `errcode`.
 */
export function openDatabase(path: string): DatabaseSyncInstance {
  // When it is first needed, because it is native code; and by `require`, because it is not awaited.
  sqlite ??= createRequire(import.meta.url)(
    hasBuiltin ? 'node:sqlite' : '@photostructure/sqlite',
  ) as SqliteModule
  return new sqlite.DatabaseSync(path)
}

// Prepared once, as the others are.
const [BEGIN, COMMIT] = [sql`begin immediate`, sql`commit`]
const [SAVE, RELEASE] = [sql`savepoint job`, sql`release job`]

// https://sqlite.org/rescode.html, and what sqlite3_errstr() says for them.
const SQLITE_BUSY = 5
export const SQLITE_CORRUPT = 11
export const SQLITE_NOTADB = 26
/** Of a code, what it has in common with others: https://sqlite.org/rescode.html#pve */
export const PRIMARY = 0xff
const WORDS = new Map([
  ['database is locked', SQLITE_BUSY],
  ['database disk image is malformed', SQLITE_CORRUPT],
  ['file is not a database', SQLITE_NOTADB],
])

/**
 * SQLite's code for a refusal, or undefined. `@photostructure/sqlite` 1.x, the last for Node 20, leaves it out of what `all` throws while it
 * goes through rows: the words are there.
 */
export function codeOf(error: unknown): number | undefined {
  const { errcode, message } = error as { errcode?: number; message: string }
  return errcode ?? WORDS.get(message)
}

/** Whether this is SQLite's word for "another connection has it locked", for whatever it does with it, such as to recover the log of a crash. */
export function isBusy(error: unknown): boolean {
  return ((codeOf(error) ?? 0) & PRIMARY) === SQLITE_BUSY
}

interface Job {
  readonly statements: readonly Statement[]
  readonly resolve: (rows: Row[][]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens a database file, making it if there is none (mode 0600; SQLite gives its companion files the same).
 *
 * @param path - of the file, or `':memory:'` for a database that ends with the process.
 * @throws StoreError `store_unavailable` when it cannot be opened; FileError when others may read it.
 */
export function openSqlite(path: string): Database {
  if (path !== ':memory:') ensurePrivateFile(path)
  let db: DatabaseSyncInstance | undefined
  try {
    db = openDatabase(path)
    // The timeout first: the other settings may have to wait already.
    db.exec(`pragma busy_timeout = ${OPEN_TIMEOUT_MS}`)
    useLog(db)
    db.exec('pragma synchronous = full; pragma foreign_keys = on')
    db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
    return new SqliteDatabase(db)
  } catch (cause) {
    db?.close()
    const { message } = cause as Error
    throw new StoreError('store_unavailable', `${path} cannot be opened as a database: ${message}`, { cause })
  }
}

/**
 * Turns the write-ahead log on. Of two processes that do so at once, one holds what the other wants for less than a millisecond; SQLite does not
 * wait then, since it would be for each other (https://sqlite.org/c3ref/busy_handler.html), but a new try has nothing in its hands.
 */
function useLog(db: DatabaseSyncInstance): void {
  for (let triesLeft = OPEN_TIMEOUT_MS / OPEN_PAUSE_MS; ; triesLeft--) {
    try {
      db.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (!isBusy(error) || triesLeft <= 1) throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_PAUSE_MS)
  }
}

class SqliteDatabase implements Database {
  readonly #db: DatabaseSyncInstance
  readonly #prepared = new WeakMap<TemplateStringsArray, StatementSyncInstance>()
  #queue: Job[] = []
  #triesLeft = BUSY_TRIES

  constructor(db: DatabaseSyncInstance) {
    this.#db = db
  }

  async read<R extends object = Row>(statement: Statement): Promise<R[]> {
    try {
      return this.#run(statement) as R[]
    } catch (error) {
      throw this.#judge(error)
    }
  }

  write(statements: readonly Statement[]): Promise<Row[][]> {
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ statements, resolve, reject }) === 1) setImmediate(() => this.#commit())
    })
  }

  async copyTo(path: string, changes: readonly Statement[]): Promise<void> {
    // Ours, before SQLite could give it to others.
    const file = openSync(path, 'wx', 0o600)
    try {
      // Reads in one transaction, and keeps no writer waiting (https://sqlite.org/lang_vacuum.html#vacuuminto).
      this.#db.prepare('vacuum into ?').run(path)
      changeCopy(path, changes)
      // SQLite leaves this to us.
      fsyncSync(file)
    } catch (error) {
      throw this.#judge(error)
    } finally {
      closeSync(file)
    }
  }

  async close(): Promise<void> {
    // Joins the writes that are waiting; whether they succeed is their callers' affair.
    if (this.#queue.length > 0) await this.write([]).catch(() => {})
    if (this.#db.isOpen) this.#db.close()
  }

  // Group commit: what all callers asked for in one turn of the event loop goes to disk with one sync, which is what a
  // durable write costs. Each caller has a savepoint, so that one that fails is undone alone.
  #commit(): void {
    try {
      this.#run(BEGIN)
    } catch (error) {
      this.#refuse(error)
      return
    }
    const jobs = this.#take()
    try {
      const settle = jobs.map((job) => this.#runInSavepoint(job))
      this.#run(COMMIT)
      for (const answer of settle) answer()
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('rollback')
      for (const { reject } of jobs) reject(this.#judge(error))
    }
  }

  // Another process is writing, perhaps many times: the jobs wait, and the event loop goes on in the meantime.
  #refuse(error: unknown): void {
    if (isBusy(error) && --this.#triesLeft > 0) setImmediate(() => this.#commit())
    else for (const { reject } of this.#take()) reject(this.#judge(error))
  }

  #take(): Job[] {
    const jobs = this.#queue
    this.#queue = []
    this.#triesLeft = BUSY_TRIES
    return jobs
  }

  /** @returns what is to be told to the caller, once the transaction is on disk. */
  #runInSavepoint({ statements, resolve, reject }: Job): () => void {
    this.#run(SAVE)
    try {
      const rows: Row[][] = []
      for (const statement of statements) {
        const found = this.#run(statement)
        if (statement.isRequired && found.length === 0) {
          this.#db.exec('rollback to job; release job')
          return () => resolve([])
        }
        rows.push(found)
      }
      this.#run(RELEASE)
      return () => resolve(rows)
    } catch (error) {
      // After an error such as a full disk SQLite has rolled everything back: then this throws, and all are refused.
      this.#db.exec('rollback to job; release job')
      return () => reject(this.#judge(error))
    }
  }

  #run({ strings, values }: Statement): Row[] {
    let prepared = this.#prepared.get(strings)
    if (!prepared) {
      prepared = this.#db.prepare(strings.join('?'))
      this.#prepared.set(strings, prepared)
    }
    return prepared.all(...values) as Row[]
  }

  // What SQLite says is the store's trouble; anything else, such as a value that cannot be bound, is our mistake.
  #judge(cause: unknown): unknown {
    const { code, message } = cause as { code?: string; message: string }
    if (code === 'ERR_SQLITE_ERROR') {
      return new StoreError('store_unavailable', `the database refused: ${message}`, { cause })
    }
    if (!this.#db.isOpen) return new StoreError('store_unavailable', 'the database is closed', { cause })
    return cause
  }
}

function changeCopy(path: string, changes: readonly Statement[]): void {
  const copy = openDatabase(path)
  try {
    for (const { strings, values } of changes) copy.prepare(strings.join('?')).run(...values)
    // What was deleted is still in the pages that became free.
    copy.exec('vacuum')
  } finally {
    copy.close()
  }
}
