import { parseArguments } from '../../cli/arguments.ts'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { count } from '../../cli/terminal/words.ts'
import { systemClock } from '../../lib/clock.ts'
import { parseUsername } from '../../lib/names.ts'
import type { Store } from '../store/store.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} uninvite NAME... [options]
       ${commandOf('kdc')} uninvite --all [options]

Withdraws invitations that were not used. Accounts that were made with one stay.
The KDC may be running or not.

${optionLines(['--all', 'all of them, also those for anybody'], DATA_HELP)}

example: ${commandOf('kdc')} uninvite alice bob
`

/** `kdc uninvite` */
export async function uninvite(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, all: { type: 'boolean', default: false } },
    positionals: ['[NAME...]'],
  })
  if (values.all === positionals.length > 0) {
    throw new UsageError('expected either names or --all', `${commandOf('kdc')} invitations lists the names`)
  }
  const names = [...new Set(positionals.map(parseUsername))]
  const withdrawn = await withData(values.data, { create: false }, ({ store }) =>
    values.all ? store.invitations.withdrawAll(systemClock()) : withdraw(store, names),
  )
  talk('kdc')(`withdrew ${count(withdrawn, 'invitation')}`)
}

async function withdraw(store: Store, names: readonly string[]): Promise<number> {
  const open = new Set((await store.invitations.list(systemClock())).map(({ username }) => username))
  const unknown = names.filter((name) => !open.has(name))
  if (unknown.length > 0) {
    throw new ToolError(`nothing was withdrawn: there is no invitation for ${unknown.join(', ')}`, {
      hint: `${commandOf('kdc')} invitations lists those that were not used`,
    })
  }
  return store.invitations.withdraw(names)
}
