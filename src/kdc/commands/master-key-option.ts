/**
 * Where the master keys come from: `--master-key FILE`, `SYMBOLON_MASTER_KEY`, or a file among the user's settings; never the
 * data directory, whose thief they are to keep out.
 *
 * @module
 */
import { join } from 'node:path'
import { setting } from '../../cli/environment.ts'
import { UsageError } from '../../cli/errors.ts'
import { configDir } from '../../cli/paths.ts'
import type { OptionHelp } from '../../cli/terminal/help.ts'
import { isWithin, loadMasterKeys, type MasterKeys, parseMasterKeys } from '../keys/master-keys.ts'

/** For `parseArguments`. */
export const MASTER_KEY_OPTION = { 'master-key': { type: 'string' } } as const

export const MASTER_KEY_HELP: OptionHelp = [
  '--master-key FILE',
  "the KDC's master key (default: SYMBOLON_MASTER_KEY, else this user's)",
]

const VARIABLE = 'SYMBOLON_MASTER_KEY'

/** The file of the master keys, whether or not it is there. */
function masterKeyFile(option: string | undefined): string {
  return option ?? join(configDir(), 'master.key')
}

/** No child process is to have it, nor another process that looks at the environment from now on. */
export function forgetMasterKeyVariable(): void {
  delete process.env[VARIABLE]
}

/**
 * The master keys; their file is made if there is none.
 *
 * @throws UsageError when the variable is empty; KeyFileError, FileError.
 */
export function masterKeysFrom(option: string | undefined): MasterKeys {
  const text = option === undefined ? setting(VARIABLE) : undefined
  forgetMasterKeyVariable()
  if (text === undefined) return loadMasterKeys(masterKeyFile(option))
  // Where a variable has one line only, blanks part the keys.
  return parseMasterKeys(`${text.trim().split(/\s+/).join('\n')}\n`, VARIABLE)
}

/** @throws UsageError when the file would be stolen together with what it seals. */
export function requireApart(option: string | undefined, dataDirectory: string): void {
  if (!isWithin(dataDirectory, masterKeyFile(option))) return
  throw new UsageError(
    `the master key is not safe in the data directory: a copy of that has both`,
    'name a file elsewhere with --master-key',
  )
}

/** @throws UsageError when the keys are not in a file that could be written. */
export function requireMasterKeyFile(option: string | undefined): string {
  if (option === undefined && setting(VARIABLE) !== undefined) {
    throw new UsageError(
      `the master key is in ${VARIABLE}, which only you can change`,
      'name a file with --master-key',
    )
  }
  return masterKeyFile(option)
}
