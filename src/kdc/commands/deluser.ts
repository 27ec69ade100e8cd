import { parseArguments } from '../../cli/arguments.ts'
import { commandOf } from '../../cli/installed.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { parseUsername } from '../../lib/names.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} deluser NAME [options]

Deletes an account and ends its sessions. The KDC may be running or not.

${optionLines(DATA_HELP)}

example: ${commandOf('kdc')} deluser alice
`

/** `kdc deluser NAME` */
export async function deluser(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: DATA_OPTION,
    positionals: ['NAME'],
  })
  const username = parseUsername(positionals[0] ?? '')
  await withData(values.data, { create: false }, ({ store }) => store.accounts.delete(username))
  talk('kdc')(`deleted ${username}`)
}
