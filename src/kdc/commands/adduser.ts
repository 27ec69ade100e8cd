import { parseArguments } from '../../cli/arguments.ts'
import { commandOf } from '../../cli/installed.ts'
import { readNewPassword, SET_PASSWORD_HELP } from '../../cli/login/password.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { parseUsername } from '../../lib/names.ts'
import { addAccount } from '../logins/accounts.ts'
import { accountExists } from '../store/accounts.ts'
import { DATA_HELP, DATA_OPTION, dataDirectory, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} adduser NAME [options]

Makes an account. The KDC may be running or not.

${optionLines(SET_PASSWORD_HELP, DATA_HELP)}

example: ${commandOf('kdc')} adduser alice
`

/** `kdc adduser NAME` */
export async function adduser(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: { ...DATA_OPTION, 'password-file': { type: 'string' } },
    positionals: ['NAME'],
  })
  const username = parseUsername(positionals[0] ?? '')
  await withData(values.data, { create: true }, async (data) => {
    // Before a person types a password twice for nothing.
    if (await data.store.accounts.find(username)) throw accountExists(username)
    const password = await readNewPassword({ username, passwordFile: values['password-file'] })
    await addAccount(data, username, password)
  })
  talk('kdc')(`added ${username}, in ${dataDirectory(values.data)}`)
}
