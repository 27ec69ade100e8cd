/** Two accounts to try everything with, and a KDC that the tools know, all gone again at the end. */
import { randomBytes } from 'node:crypto'
import { readCredentials, updateCredentials } from '../../cli/login/credentials.ts'
import { readKnownKdcs, updateKnownKdcs } from '../../cli/login/known-kdcs.ts'
import type { KdcData } from '../data.ts'
import { addAccount } from '../data.ts'

const NAMES = ['alice', 'bob']
const PASSWORD_BYTES = 12

export interface Demo {
  /** Accounts that were there before, with passwords that only their owners know. */
  readonly untouched: string[]
  /** The accounts whose passwords were written into the credentials file, until `remove`. */
  readonly written: readonly string[]
  /** Whether the tools of the user who runs this will take the KDC for the right one. */
  readonly trusted: boolean
  /** Takes away the accounts and credentials that were added, and no others. */
  remove(): Promise<void>
}

/**
 * Makes sure that there are accounts for alice and bob, with passwords in the credentials file of the user who runs this.
 * A password that is in the file already becomes the account's; an account that is there already stays as it is.
 *
 * @param kdc - this KDC's URL, as the tools will write it.
 */
export async function addDemo(data: KdcData, kdc: string): Promise<Demo> {
  const known = readCredentials().get(kdc)
  const accounts: string[] = []
  const passwords = new Map<string, string>()
  const untouched: string[] = []
  for (const username of NAMES) {
    const stored = known?.get(username)
    if (await data.store.accounts.find(username)) {
      if (stored === undefined) untouched.push(username)
      continue
    }
    const password = stored ?? randomBytes(PASSWORD_BYTES).toString('base64url')
    await addAccount(data, username, password)
    accounts.push(username)
    if (stored === undefined) passwords.set(username, password)
  }
  if (passwords.size > 0) {
    updateCredentials((users) => users.set(kdc, new Map([...(users.get(kdc) ?? []), ...passwords])))
  }
  const key = await data.opaqueKeys.publicKey()
  const knownKdc = readKnownKdcs().get(kdc)
  // An earlier demo that was killed could not take its key away.
  const ours = !knownKdc || knownKdc.demo
  if (ours) updateKnownKdcs((kdcs) => kdcs.set(kdc, { key, demo: true }))
  return {
    untouched,
    written: [...passwords.keys()],
    trusted: ours || knownKdc.key === key,
    async remove() {
      if (ours) updateKnownKdcs((kdcs) => kdcs.get(kdc)?.key === key && kdcs.delete(kdc))
      if (passwords.size > 0) updateCredentials((credentials) => removeAll(credentials.get(kdc), passwords))
      for (const username of accounts) {
        // An administrator may have been here before us.
        if (await data.store.accounts.find(username)) await data.store.accounts.delete(username)
      }
    },
  }
}

// The user may have written another password in the meantime: that one is not ours.
function removeAll(users: Map<string, string> | undefined, passwords: Map<string, string>): void {
  for (const [username, password] of passwords) {
    if (users?.get(username) === password) users.delete(username)
  }
}
