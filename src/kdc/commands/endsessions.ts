import { parseArguments } from '../../cli/arguments.ts'
import { UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { count } from '../../cli/terminal/format.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { parseUsername } from '../../lib/names.ts'
import type { Store } from '../store/store.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} endsessions NAME [options]
       ${commandOf('kdc')} endsessions --all [options]

Ends the sessions of NAME, or everybody's, at once: their tokens are worth
nothing from now on, and it takes another login to go on. Passwords stay.
The KDC may be running or not.

${optionLines(['--all', "everybody's: do so when you have put the KDC's files back by hand"], DATA_HELP)}

example: ${commandOf('kdc')} endsessions alice
`

/** `kdc endsessions` */
export async function endsessions(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, all: { type: 'boolean', default: false } },
    positionals: ['[NAME]'],
  })
  const [name] = positionals
  if (values.all === (name !== undefined)) {
    throw new UsageError('expected either NAME or --all', `${commandOf('kdc')} users lists the names`)
  }
  const username = name === undefined ? undefined : parseUsername(name)
  const ended = await withData(values.data, { create: false }, ({ store }) =>
    username === undefined ? store.sessions.endAll() : endOf(store, username),
  )
  talk('kdc')(`ended ${count(ended, 'session')}${username === undefined ? '' : ` of ${username}`}`)
}

async function endOf(store: Store, username: string): Promise<number> {
  await store.accounts.require(username)
  return store.sessions.endOf(username)
}
