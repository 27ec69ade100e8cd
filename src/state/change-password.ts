/**
 * Another password, without losing what is sealed under the old one. At every moment the key of each state can be opened with the
 * password that the KDC takes, whatever stops us:
 *
 *   1. the key is sealed under the new password too, and on disk;
 *   2. the KDC takes the new password;
 *   3. what was sealed under the old one is removed.
 *
 * If it stops before 3, or it is unknown whether 2 happened, both stay; the next change removes what is left.
 */
import { existsSync, rmSync } from 'node:fs'
import { Secret } from '../lib/crypto/secret.ts'
import type { Session } from '../lib/session.ts'
import { asStateError, StateError } from './errors.ts'
import { addKeyFile, keyFilesIn, openStateKey } from './state-key.ts'

interface OpenedState {
  readonly directory: string
  readonly stateKey: Uint8Array
  /** The files with its key that were there before. */
  readonly files: readonly string[]
}

/**
 * Changes the password of a session's principal.
 *
 * @param statesNow - the directories of the principal's states; asked again when the KDC has the new password. Those that the old
 *   password does not open, or whose key is damaged, are left as they are.
 * @throws what `Session.changePassword` throws; StateError `state_unavailable` and FileError, with which the password stays.
 */
export async function changePassword(
  session: Session,
  password: string,
  statesNow: () => readonly string[],
): Promise<void> {
  // Ours: the session lets go of its own when the new one holds.
  const oldKey = new Secret('export key', session.exportKey.reveal())
  let opened: OpenedState[] = []
  const onNewExportKey = (newKey: Secret) => {
    opened = openAll(statesNow(), oldKey)
    for (const { directory, stateKey } of opened) seal(directory, stateKey, newKey)
  }
  try {
    await session.changePassword(password, { onNewExportKey })
    // Made in the meantime by a tool that had logged in with the old one.
    const late = openAll(statesNow(), oldKey).filter((state) => !opens(state, session.exportKey))
    for (const { directory, stateKey } of late) seal(directory, stateKey, session.exportKey)
    for (const { files } of [...opened, ...late]) forget(files)
  } finally {
    oldKey.wipe()
    for (const { stateKey } of opened) stateKey.fill(0)
  }
}

function openAll(directories: readonly string[], exportKey: Secret): OpenedState[] {
  return directories.filter(existsSync).flatMap((directory) => {
    try {
      const files = keyFilesIn(directory)
      return [{ directory, stateKey: openStateKey(directory, files, exportKey), files }]
    } catch (error) {
      if (error instanceof StateError && LOST.has(error.code)) return []
      throw asStateError(directory, error)
    }
  })
}

function opens({ directory }: OpenedState, exportKey: Secret): boolean {
  try {
    openStateKey(directory, keyFilesIn(directory), exportKey).fill(0)
    return true
  } catch {
    return false
  }
}

// What stays opens with a key that cannot be made any more; the password is changed, and that is what counts.
function forget(files: readonly string[]): void {
  try {
    for (const path of files) rmSync(path, { force: true })
  } catch {}
}

// A state that cannot be opened is no reason to refuse a new password.
const LOST = new Set(['state_locked', 'state_damaged'])

function seal(directory: string, stateKey: Uint8Array, exportKey: Secret): void {
  try {
    addKeyFile(directory, stateKey, exportKey)
  } catch (error) {
    throw asStateError(directory, error)
  }
}
