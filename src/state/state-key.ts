/**
 * The key of a state: 32 random bytes that never change, in files beside the database, `key.<random>`, each of which holds them
 * sealed under the export key of one password. There is one such file, and more while a password changes, or after a change
 * that stopped half way. A file is made or removed in one step, and is never rewritten: so that it takes no lock, and no two
 * changes of a password ever undo each other's.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatKeys, KeyFileError, readKeyFile } from '../files/key-file.ts'
import { createPrivateFile } from '../files/private-files.ts'
import { EMPTY } from '../lib/bytes.ts'
import { secureRandomBytes } from '../lib/crypto/random.ts'
import type { Secret } from '../lib/crypto/secret.ts'
import { ProtocolError } from '../lib/errors.ts'
import { damaged, StateError } from './errors.ts'
import { openState, sealState } from './seal.ts'

const KIND = 'symbolon-state-key'
const PURPOSE = 'symbolon/1 client state'
export const STATE_KEY_BYTES = 32
const NAME = /^key\.[0-9a-f]{16}$/

/** The files with the key in a directory. */
export function keyFilesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => NAME.test(name))
    .map((name) => join(directory, name))
}

/** Writes the key, sealed under an export key, to one file more. It is on disk when this returns. */
export function addKeyFile(directory: string, stateKey: Uint8Array, exportKey: Secret): void {
  const name = Buffer.from(secureRandomBytes(8)).toString('hex')
  const sealed = sealState(PURPOSE, exportKey.reveal(), EMPTY, stateKey)
  createPrivateFile(join(directory, `key.${name}`), formatKeys(KIND, [sealed]))
}

/**
 * Opens the key.
 *
 * @param paths - its files.
 * @throws StateError `state_locked` when none of them opens under this export key, `state_damaged` when one that might have is not
 *   what was written; FileError.
 */
export function openStateKey(directory: string, paths: readonly string[], exportKey: Secret): Uint8Array {
  let trouble: StateError | undefined
  for (const path of paths) {
    const opened = openKeyFile(path, exportKey)
    if (opened instanceof StateError) trouble = opened
    else if (opened) return opened
  }
  throw (
    trouble ??
    new StateError('state_locked', `${directory} was sealed with another password than the one of this login`)
  )
}

/** @returns nothing when it is sealed under another export key, or has just been removed. */
function openKeyFile(path: string, exportKey: Secret): Uint8Array | StateError | undefined {
  try {
    const [sealed = EMPTY] = readKeyFile(KIND, path)
    return openState(PURPOSE, exportKey.reveal(), EMPTY, sealed)
  } catch (error) {
    if (error instanceof KeyFileError && error.code === 'key_file_damaged') {
      return damaged(path, 'it is not what was written', error)
    }
    if (error instanceof ProtocolError || isGone(error)) return undefined
    throw error
  }
}

// Another process's change of password has just removed it: the key is in a newer file.
function isGone(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'key_file_missing' || code === 'ENOENT'
}
