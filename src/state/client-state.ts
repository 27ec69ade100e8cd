/**
 * What a principal's tools keep from one time to the next, sealed under the password: docs/protocol.md §7.8.
 *
 * A receiver runs for days and a sender for a second, and both use one state: so neither holds it for longer than a piece of work
 * takes.
 */
import { existsSync, statSync } from 'node:fs'
import { type Database, sql } from '../database/database.ts'
import { openSqlite } from '../database/sqlite.ts'
import { ensurePrivateDirectory } from '../files/private-files.ts'
import { secureRandomBytes } from '../lib/crypto/random.ts'
import type { Secret } from '../lib/crypto/secret.ts'
import type { StateOwner, StateSource, StateStore } from '../lib/mls/state-store.ts'
import { damaged, inStateTerms } from './errors.ts'
import { takeLock } from './lock.ts'
import { databaseIn, defaultBase, lockIn, stateDirectory } from './paths.ts'
import { isEmpty, NAME, prepare, SealedValues } from './sealed-values.ts'
import { addKeyFile, keyFilesIn, openStateKey, STATE_KEY_BYTES } from './state-key.ts'

/** How long to wait for the others' pieces of work, unless told otherwise. */
const WAIT_MS = 5000

export interface WaitOptions {
  /** How long to wait while another process has the state, in milliseconds; 0 for not at all. Default: 5000. */
  readonly waitMs?: number
}

/** One principal's state at one KDC. */
export class ClientState {
  /** Where it is. */
  readonly directory: string
  readonly #values: SealedValues
  readonly #file: bigint
  #closed = false

  private constructor(directory: string, values: SealedValues) {
    this.directory = directory
    this.#values = values
    this.#file = numberOf(databaseIn(directory))
  }

  /**
   * Opens a state, making it if there is none, and looks through it once.
   *
   * @param directory - of it alone: see `stateDirectory`.
   * @param exportKey - of the login; not kept.
   * @throws StateError: `state_locked` when it was sealed under another export key, since the password was set without it;
   *   `state_busy`, `state_damaged`, `state_unavailable`; FileError `file_not_private`.
   */
  static open(directory: string, exportKey: Secret, options: WaitOptions = {}): Promise<ClientState> {
    return inStateTerms(databaseIn(directory), async () => {
      ensurePrivateDirectory(directory)
      const release = await takeLock(lockIn(directory), options.waitMs ?? WAIT_MS)
      try {
        return new ClientState(directory, await openValues(directory, exportKey))
      } finally {
        release()
      }
    })
  }

  /**
   * Does a piece of work while no other can: what it reads stays true until it ends. Keep it short, and do not wait for the
   * network in it. Called within itself, it waits for itself in vain.
   *
   * @param work - the store is closed when it ends; what was written stays, also when it throws.
   * @returns what `work` returns.
   * @throws StateError `state_busy`, `state_damaged`, `state_unavailable`; FileError; what `work` throws.
   */
  async withState<T>(work: (store: StateStore) => Promise<T>, options: WaitOptions = {}): Promise<T> {
    const store = await this.hold(options)
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }

  /**
   * Keeps all others out until the store is closed, for what cannot be cut into pieces.
   *
   * @throws StateError and FileError, as `withState`.
   */
  async hold(options: WaitOptions = {}): Promise<StateStore> {
    if (this.#closed) throw new TypeError('client state: used after it was closed')
    this.#refuseIfReplaced()
    const release = await takeLock(lockIn(this.directory), options.waitMs ?? WAIT_MS)
    try {
      this.#refuseIfReplaced()
      await this.#values.refresh()
      return storeOf(this.#values, release)
    } catch (error) {
      release()
      throw error
    }
  }

  /** Forgets the key and closes the files. To be called when no work is going on. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#values.close()
  }

  // Put aside while we run: what we would write now would not be found.
  #refuseIfReplaced(): void {
    const path = databaseIn(this.directory)
    if (!existsSync(path) || numberOf(path) !== this.#file)
      throw damaged(path, 'it was put aside, or replaced')
  }
}

/**
 * What a piece of work has of the state until it closes it. Names are printable ASCII, 1 to 1000 characters: RangeError for others.
 *
 * @param release - gives the lock back.
 */
function storeOf(values: SealedValues, release: () => void): StateStore {
  let written: Promise<unknown> | undefined
  let closing: Promise<void> | undefined
  const check = (...names: string[]) => {
    if (closing) throw new TypeError('client state: used after it was closed')
    if (!names.every((name) => NAME.test(name))) {
      throw new RangeError('client state: a name is 1 to 1000 printable characters of ASCII')
    }
  }
  const finish = async () => {
    try {
      if (!written) return
      await written
      await values.tidy()
    } finally {
      release()
    }
  }
  return {
    async get(key) {
      check(key)
      // What was asked to be written before is there.
      await written
      return values.get(key)
    },
    async list(prefix) {
      check()
      await written
      return values.names(prefix)
    },
    async write(changes) {
      check(...changes.keys())
      if (changes.size === 0) return
      // Sealed at once: the caller may use the bytes for something else.
      const sealed = new Map(
        [...changes].map(([name, value]) => [name, value && values.seal(name, value)] as const),
      )
      const writing = Promise.resolve(written).then(() => values.write(sealed))
      written = writing.catch(() => {})
      await writing
    },
    close() {
      closing ??= finish()
      return closing
    },
  }
}

/**
 * Keeps what a client has of its conversations and groups in files of its user's, sealed under the password: of each principal at each KDC,
 * and shared with the tools and with other programs.
 *
 * @param base - the directory of all states; default: that of the tools, `$XDG_STATE_HOME/symbolon`. It is made when it is first needed.
 * @throws TypeError. What it gives throws StateError `state_busy`, `state_damaged`, `state_locked`, `state_unavailable`, and FileError
 *   `file_not_private`.
 * @example const alice = await login(kdc, 'alice', password, { state: fileStateStore() })
 */
export function fileStateStore(base?: string): StateSource {
  if (base !== undefined && (typeof base !== 'string' || base === '')) {
    throw new TypeError('fileStateStore: base: expected the path of a directory')
  }
  const directoryOf = ({ kdcKey, username }: StateOwner) =>
    stateDirectory(base ?? defaultBase(), kdcKey, username)
  return {
    has: (owner) => existsSync(databaseIn(directoryOf(owner))),
    open: (owner) => ClientState.open(directoryOf(owner), owner.exportKey),
  }
}

/** Whether states could be opened at all, where none is. @throws StateError `state_unavailable`. */
export function requireDatabase(): Promise<void> {
  return inStateTerms('SQLite', () => openSqlite(':memory:').close())
}

async function openValues(directory: string, exportKey: Secret): Promise<SealedValues> {
  const path = databaseIn(directory)
  const files = keyFilesIn(directory)
  if (files.length > 0 && !existsSync(path)) throw damaged(path, 'it is gone')
  const database = openSqlite(path)
  try {
    // What is deleted is overwritten: keys that are deleted so that old messages cannot be read (RFC 9420 §9.2) shall be gone.
    await database.read(sql`pragma secure_delete = on`)
    await refuseIfBroken(database, path)
    const values = new SealedValues(database, path, await keyFor(database, directory, files, exportKey))
    await values.refresh()
    await values.tidy()
    return values
  } catch (error) {
    await database.close()
    throw error
  }
}

async function keyFor(
  database: Database,
  directory: string,
  files: readonly string[],
  exportKey: Secret,
): Promise<Uint8Array> {
  if (files.length > 0) return openStateKey(directory, files, exportKey)
  if (!(await isEmpty(database))) throw damaged(directory, 'its key is gone')
  // The database first: a key beside one that knows of none says that something was lost. A process that ends between the two
  // leaves an empty one, which gets another key.
  const made = secureRandomBytes(STATE_KEY_BYTES)
  await prepare(database, made)
  addKeyFile(directory, made, exportKey)
  return made
}

// Before anything is written into it.
async function refuseIfBroken(database: Database, path: string): Promise<void> {
  const [row] = await database.read<{ quick_check: string }>(sql`pragma quick_check(1)`)
  if (row?.quick_check !== 'ok') throw damaged(path, row?.quick_check ?? 'it cannot be checked')
}

function numberOf(path: string): bigint {
  return statSync(path, { bigint: true }).ino
}
