/**
 * What a principal's tools keep from one time to the next, sealed under the password: docs/protocol.md §7.5.
 *
 * A receiver runs for days and a sender for a second, and both use one state: so nobody has it open for longer than a piece of
 * work takes.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { type Database, sql } from '../database/database.ts'
import { ensurePrivateDirectory } from '../files/private-files.ts'
import type { StateStore } from '../lib/mls/state-store.ts'
import type { Secret } from '../lib/secret.ts'
import { openExclusively } from './exclusive.ts'
import { databaseIn } from './places.ts'
import { isEmpty, SealedStore } from './sealed-store.ts'
import { addKeyFile, keyFilesIn, newStateKey, openStateKey } from './state-key.ts'
import { damaged, inStateTerms } from './trouble.ts'

/** How long to wait for the others' pieces of work, unless told otherwise. */
const WAIT_MS = 5000

export interface WaitOptions {
  /** How long to wait while another process has the state, in milliseconds; 0 for not at all. Default: 5000. */
  readonly waitMs?: number
}

/** One principal's state at one KDC. Between two pieces of work it has no file open. */
export class ClientState {
  /** Where it is. */
  readonly directory: string
  #stateKey: Uint8Array | undefined

  private constructor(directory: string, stateKey: Uint8Array) {
    this.directory = directory
    this.#stateKey = stateKey
  }

  /**
   * Opens a state, making it if there is none, and looks through it once.
   *
   * @param directory - of it alone: see `stateDirectory`.
   * @param exportKey - of the login; not kept.
   * @throws StateError: `state_locked` when it was sealed under another export key, since somebody set the password without it;
   *   `state_busy`, `state_damaged`, `state_unavailable`; FileError `file_not_private`.
   */
  static async open(directory: string, exportKey: Secret, options: WaitOptions = {}): Promise<ClientState> {
    const path = databaseIn(directory)
    await inStateTerms(directory, () => ensurePrivateDirectory(directory))
    const database = await openExclusively(path, options.waitMs ?? WAIT_MS)
    return inStateTerms(path, async () => {
      try {
        await refuseIfBroken(database, path)
        const stateKey = await keyFor(database, directory, exportKey)
        await SealedStore.open(database, path, stateKey)
        return new ClientState(directory, stateKey)
      } finally {
        await database.close()
      }
    })
  }

  /**
   * Does a piece of work while no other process can: what it reads stays true until it ends. Keep it short, and do not
   * wait for the network in it. Called within itself, it waits for itself in vain.
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
   * Keeps every other process out until the store is closed, for what cannot be cut into pieces.
   *
   * @throws StateError and FileError, as `withState`.
   */
  async hold(options: WaitOptions = {}): Promise<StateStore> {
    const stateKey = this.#stateKey
    if (!stateKey) throw new TypeError('client state: used after it was closed')
    const path = databaseIn(this.directory)
    // A database made here would be another state.
    if (!existsSync(path)) throw damaged(path, 'it is gone')
    const database = await openExclusively(path, options.waitMs ?? WAIT_MS)
    try {
      return await inStateTerms(path, () => SealedStore.open(database, path, stateKey))
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** Forgets the key. What is open stays open. */
  close(): void {
    this.#stateKey?.fill(0)
    this.#stateKey = undefined
  }
}

async function keyFor(database: Database, directory: string, exportKey: Secret): Promise<Uint8Array> {
  const files = keyFilesIn(directory)
  if (files.length > 0) return openStateKey(directory, files, exportKey)
  if (!(await isEmpty(database))) throw damaged(directory, 'its key is gone')
  // The database first: a key beside one that knows of none says that something was lost. A process that ends between the two
  // leaves an empty one, which gets another key.
  const made = newStateKey()
  await SealedStore.create(database, made)
  addKeyFile(directory, made, exportKey)
  return made
}

// Before anything is written into it.
async function refuseIfBroken(database: Database, path: string): Promise<void> {
  const [row] = await database.read<{ quick_check: string }>(sql`pragma quick_check(1)`)
  if (row?.quick_check !== 'ok') throw damaged(path, row?.quick_check ?? 'it cannot be checked')
}
