/**
 * The data directory: who the KDC is, and the store.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../database/sqlite.ts'
import { ensurePrivateDirectory } from '../files/private-files.ts'
import { loadOpaqueKeys, type OpaqueKeys } from './keys/opaque-keys.ts'
import { Store } from './store/store.ts'

/** The database's file in a data directory. */
export const DATABASE_FILE = 'kdc.sqlite'

/** What a KDC keeps. */
export interface KdcData {
  readonly opaqueKeys: OpaqueKeys
  readonly store: Store
}

/**
 * Opens a data directory, making it and everything in it the first time.
 *
 * @throws KeyFileError when the key is missing or damaged; FileError when something is open to others; StoreError.
 */
export async function openData(directory: string): Promise<KdcData> {
  ensurePrivateDirectory(directory)
  const databaseFile = join(directory, DATABASE_FILE)
  // The keys come first. Where there is a database they were made already, and without them its accounts are worth
  // nothing: making others in silence would only hide that.
  const opaqueKeys = await loadOpaqueKeys(directory, { create: !existsSync(databaseFile) })
  return { opaqueKeys, store: await Store.open(openSqlite(databaseFile)) }
}
