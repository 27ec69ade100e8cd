import { parseArguments } from '../../cli/arguments.ts'
import { commandOf } from '../../cli/installed.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { print } from '../../cli/terminal/terminal.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} users [options]

Lists the accounts on stdout, a name on each line. The KDC may be running or
not.

${optionLines(
  ['--json', 'a JSON object on each line: {"username", "created_at"}, the time in Unix seconds'],
  DATA_HELP,
)}

example: ${commandOf('kdc', { silent: true })} users --json
`

/** `kdc users` */
export async function users(argv: string[]): Promise<void> {
  const { values } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, json: { type: 'boolean' } },
    positionals: [],
  })
  const accounts = await withData(values.data, { create: false }, ({ store }) => store.accounts.list())
  for (const { username, createdAt } of accounts) {
    await print(values.json ? JSON.stringify({ username, created_at: createdAt }) : username)
  }
}
