/**
 * Where the master keys come from: `--master-key FILE`, `SYMBOLON_MASTER_KEY`, or a file among the user's settings; never the
 * data directory, whose thief they are to keep out.
 *
 * @module
 */
import { join } from 'node:path'
import { UsageError } from '../../cli/errors.ts'
import { configDir } from '../../cli/paths.ts'
import { loadMasterKeys, type MasterKeys, parseMasterKeys } from '../master-keys.ts'

/** For `parseArguments`. */
export const MASTER_KEY_OPTION = { 'master-key': { type: 'string' } } as const

const VARIABLE = 'SYMBOLON_MASTER_KEY'

/** The file of the master keys, whether or not it is there. */
export function masterKeyFile(option: string | undefined): string {
  return option ?? join(configDir(), 'master.key')
}

/**
 * The master keys; their file is made if there is none.
 *
 * @throws KeyFileError, FileError.
 */
export function masterKeysFrom(option: string | undefined): MasterKeys {
  const text = process.env[VARIABLE]
  // No child process is to have it.
  delete process.env[VARIABLE]
  if (option !== undefined || text === undefined) return loadMasterKeys(masterKeyFile(option))
  // Where a variable has one line only, blanks part the keys.
  return parseMasterKeys(`${text.trim().split(/\s+/).join('\n')}\n`, VARIABLE)
}

/** @throws UsageError when the keys are not in a file that could be written. */
export function requireMasterKeyFile(option: string | undefined): string {
  if (option === undefined && process.env[VARIABLE] !== undefined) {
    throw new UsageError(
      `the master key is in ${VARIABLE}, which only you can change`,
      'name a file with --master-key',
    )
  }
  return masterKeyFile(option)
}
