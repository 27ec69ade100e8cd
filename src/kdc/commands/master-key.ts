/**
 * Where the master keys come from: `--master-key FILE`, `SYMBOLON_MASTER_KEY`, or a file among the user's settings; never the
 * data directory, whose thief they are to keep out. And `kdc rotatekey`, which puts a fresh one into the file.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseToolArguments } from '../../cli/arguments.ts'
import { setting } from '../../cli/environment.ts'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { configDir } from '../../cli/paths.ts'
import { count } from '../../cli/terminal/format.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { systemClock } from '../../lib/clock.ts'
import { numbersInUse } from '../keys/at-rest.ts'
import {
  isWithin,
  loadMasterKeys,
  type MasterKeys,
  parseMasterKeys,
  saveMasterKeys,
} from '../keys/master-keys.ts'
import type { Store } from '../store/store.ts'
import { DATA_OPTION, withData } from './data-option.ts'

export const MASTER_KEY_OPTION = {
  'master-key': {
    type: 'string',
    help: ['FILE', "the KDC's master key (default: SYMBOLON_MASTER_KEY, else this user's)"],
  },
} as const

const VARIABLE = 'SYMBOLON_MASTER_KEY'

/** The file of the master keys, whether or not it is there. */
function masterKeyFile(option: string | undefined): string {
  return option ?? join(configDir(), 'master.key')
}

/** No child process is to have it, nor another process that looks at the environment from now on. */
export function forgetMasterKeyVariable(): void {
  delete process.env[VARIABLE]
}

/** The master keys; their file is made if there is none. @throws UsageError when the variable is empty; KeyFileError, FileError. */
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

/** `kdc rotatekey` */
export async function rotatekey(argv: string[]): Promise<void> {
  const { values } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} rotatekey [options]

Puts a fresh master key into its file, under which the KDC seals sessions and
invitations from its next start on. Nobody is logged out: today's key stays, and
so do older ones that sessions or invitations still need. The others are
dropped. To be rid of today's, run it again when they have ended.

Where the master key is in SYMBOLON_MASTER_KEY, only you can change it.

${options}

example: ${kdc} rotatekey
`,
    options: { ...MASTER_KEY_OPTION, ...DATA_OPTION },
    positionals: [],
  })
  const file = requireMasterKeyFile(values['master-key'])
  if (!existsSync(file)) {
    throw new ToolError(`there is no master key in ${file}`, {
      hint: 'the KDC makes one when it starts; --master-key names another file',
    })
  }
  const { kept, dropped } = await withData(values.data, { create: false }, ({ store }) => rotate(store, file))
  const say = talk('kdc')
  say(`a fresh master key is in ${file}; ${count(kept, 'older one')} kept, ${dropped} dropped`)
  say('restart the KDC to use it; several nodes get the file first, all of them')
}

async function rotate(store: Store, file: string): Promise<{ kept: number; dropped: number }> {
  const keys = loadMasterKeys(file)
  const needed = await numbersInUse(store, systemClock())
  // A KDC that is running goes on sealing under this one until it is restarted.
  needed.add(keys.current.number)
  const rotated = keys.rotated(needed)
  saveMasterKeys(file, rotated)
  const kept = rotated.numbers.length - 1
  return { kept, dropped: keys.numbers.length - kept }
}
