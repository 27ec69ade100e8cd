/**
 * The data directory: who the KDC is, and the store; and what an administrator does with accounts, on the KDC's own machine.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../database/sqlite.ts'
import { ensurePrivateDirectory } from '../files/private-files.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { loadOpaqueKeys, type OpaqueKeys } from './keys/opaque-keys.ts'
import { createPasswordChecker } from './passwords/passwords.ts'
import { Store } from './store/store.ts'

export const DATABASE_FILE = 'kdc.sqlite'

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

/** @throws ProtocolError `account_exists`. */
export async function addAccount(
  data: KdcData,
  username: string,
  password: string,
  clock: Clock = systemClock,
): Promise<void> {
  const record = await register(data, username, password)
  await data.store.accounts.create({ username, record, createdAt: clock() })
}

/** Sets another password and ends the account's sessions. @throws ProtocolError `account_unknown`. */
export async function changePassword(data: KdcData, username: string, password: string): Promise<void> {
  await data.store.accounts.replaceRecord(username, await register(data, username, password))
}

async function register({ opaqueKeys }: KdcData, username: string, password: string): Promise<string> {
  const passwords = createPasswordChecker(opaqueKeys.setup, { workers: 1 })
  try {
    return await passwords.register(username, password)
  } finally {
    await passwords.close()
  }
}
