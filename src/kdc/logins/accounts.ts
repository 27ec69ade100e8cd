/**
 * What an administrator does with accounts, on the KDC's own machine.
 *
 * @module
 */
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { KdcData } from '../data.ts'
import { createPasswordChecker } from '../passwords/passwords.ts'

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

/**
 * Sets another password and ends the account's sessions.
 *
 * @throws ProtocolError `account_unknown`.
 */
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
