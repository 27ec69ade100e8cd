/**
 * A client's state on disk, as `login` takes it.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import type { StateSource } from '../lib/mls/state-store.ts'
import { ClientState } from './client-state.ts'
import { databaseIn, defaultBase, stateDirectory } from './places.ts'

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
  const directoryOf = ({ kdcKey, username }: { readonly kdcKey: string; readonly username: string }) =>
    stateDirectory(base ?? defaultBase(), kdcKey, username)
  return {
    has: (owner) => existsSync(databaseIn(directoryOf(owner))),
    open: (owner) => ClientState.open(directoryOf(owner), owner.exportKey),
  }
}
