import { parseArguments } from '../../cli/arguments.ts'
import { commandOf } from '../../cli/installed.ts'
import { readNewPassword, SET_PASSWORD_HELP } from '../../cli/login/password.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { parseUsername } from '../../lib/names.ts'
import { changePassword } from '../logins/accounts.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} passwd NAME [options]

Sets another password and ends the account's sessions. The KDC may be running or
not.

${optionLines(SET_PASSWORD_HELP, DATA_HELP)}

example: ${commandOf('kdc')} passwd alice
`

/** `kdc passwd NAME` */
export async function passwd(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, 'password-file': { type: 'string' } },
    positionals: ['NAME'],
  })
  const username = parseUsername(positionals[0] ?? '')
  await withData(values.data, { create: false }, async (data) => {
    await data.store.accounts.require(username)
    const password = await readNewPassword({ username, passwordFile: values['password-file'] })
    await changePassword(data, username, password)
  })
  talk('kdc')(`changed the password of ${username}; its sessions are over`)
}
