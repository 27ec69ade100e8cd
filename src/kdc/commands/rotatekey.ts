import { existsSync } from 'node:fs'
import { parseArguments } from '../../cli/arguments.ts'
import { ToolError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { count } from '../../cli/terminal/format.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { systemClock } from '../../lib/clock.ts'
import { numbersInUse } from '../keys/at-rest.ts'
import { loadMasterKeys, saveMasterKeys } from '../keys/master-keys.ts'
import type { Store } from '../store/store.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'
import { MASTER_KEY_HELP, MASTER_KEY_OPTION, requireMasterKeyFile } from './master-key-option.ts'

const HELP = `usage: ${commandOf('kdc')} rotatekey [options]

Puts a fresh master key into its file, under which the KDC seals sessions and
invitations from its next start on. Nobody is logged out: today's key stays, and
so do older ones that sessions or invitations still need. The others are
dropped. To be rid of today's, run it again when they have ended.

Where the master key is in SYMBOLON_MASTER_KEY, only you can change it.

${optionLines(MASTER_KEY_HELP, DATA_HELP)}

example: ${commandOf('kdc')} rotatekey
`

/** `kdc rotatekey` */
export async function rotatekey(argv: string[]): Promise<void> {
  const { values } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, ...MASTER_KEY_OPTION },
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
