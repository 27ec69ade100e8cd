/** The commands about accounts and their sessions: `kdc adduser`, `passwd`, `deluser`, `users`, `endsessions`. */
import { type Options, parseToolArguments, type ToolLine } from '../../cli/arguments.ts'
import { UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { readNewPassword, SET_PASSWORD_OPTION } from '../../cli/login/password.ts'
import { count } from '../../cli/terminal/format.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { parseUsername } from '../../lib/names.ts'
import { addAccount, changePassword } from '../data.ts'
import { accountExists } from '../store/accounts.ts'
import { DATA_OPTION, dataDirectory, printList, withData } from './data-option.ts'

function parseNameAndPassword(argv: string[], help: ToolLine<Options>['help']) {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help,
    options: { ...SET_PASSWORD_OPTION, ...DATA_OPTION },
    positionals: ['NAME'],
  })
  return { values, username: parseUsername(positionals[0] ?? '') }
}

/** `kdc adduser NAME` */
export async function adduser(argv: string[]): Promise<void> {
  const { values, username } = parseNameAndPassword(
    argv,
    (kdc, options) => `usage: ${kdc} adduser NAME [options]

Makes an account. The KDC may be running or not.

${options}

example: ${kdc} adduser alice
`,
  )
  await withData(values.data, { create: true }, async (data) => {
    // Before a password is typed twice for nothing.
    if (await data.store.accounts.find(username)) throw accountExists(username)
    const password = await readNewPassword({ username, passwordFile: values['password-file'] })
    await addAccount(data, username, password)
  })
  talk('kdc')(`added ${username}, in ${dataDirectory(values.data)}`)
}

/** `kdc passwd NAME` */
export async function passwd(argv: string[]): Promise<void> {
  const { values, username } = parseNameAndPassword(
    argv,
    (kdc, options) => `usage: ${kdc} passwd NAME [options]

Sets another password and ends the account's sessions. The KDC may be running or
not.

${options}

example: ${kdc} passwd alice
`,
  )
  await withData(values.data, { create: false }, async (data) => {
    await data.store.accounts.require(username)
    const password = await readNewPassword({ username, passwordFile: values['password-file'] })
    await changePassword(data, username, password)
  })
  talk('kdc')(`changed the password of ${username}; its sessions are over`)
}

/** `kdc deluser NAME` */
export async function deluser(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} deluser NAME [options]

Deletes an account and ends its sessions. The KDC may be running or not.

${options}

example: ${kdc} deluser alice
`,
    options: DATA_OPTION,
    positionals: ['NAME'],
  })
  const username = parseUsername(positionals[0] ?? '')
  await withData(values.data, { create: false }, ({ store }) => store.accounts.delete(username))
  talk('kdc')(`deleted ${username}`)
}

/** `kdc users` */
export const users = (argv: string[]): Promise<void> =>
  printList(argv, {
    help: (kdc, options) => `usage: ${kdc} users [options]

Lists the accounts on stdout, a name on each line. The KDC may be running or
not.

${options}

example: ${commandOf('kdc', { silent: true })} users --json
`,
    fields: '{"username", "created_at"}, the time in Unix seconds',
    list: (store) => store.accounts.list(),
    toJson: ({ username, createdAt }) => ({ username, created_at: createdAt }),
    toLine: ({ username }) => username,
  })

/** `kdc endsessions` */
export async function endsessions(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} endsessions NAME [options]
       ${kdc} endsessions --all [options]

Ends the sessions of NAME, or everybody's, at once: their tokens are worth
nothing from now on, and it takes another login to go on. Passwords stay.
The KDC may be running or not.

${options}

example: ${kdc} endsessions alice
`,
    options: {
      all: {
        type: 'boolean',
        default: false,
        help: ['', "everybody's: do so when you have put the KDC's files back by hand"],
      },
      ...DATA_OPTION,
    },
    positionals: ['[NAME]'],
  })
  const [name] = positionals
  if (values.all === (name !== undefined)) {
    throw new UsageError('expected either NAME or --all', `${commandOf('kdc')} users lists the names`)
  }
  const username = name === undefined ? undefined : parseUsername(name)
  const ended = await withData(values.data, { create: false }, async ({ store }) => {
    if (username === undefined) return store.sessions.endAll()
    await store.accounts.require(username)
    return store.sessions.endOf(username)
  })
  talk('kdc')(`ended ${count(ended, 'session')}${username === undefined ? '' : ` of ${username}`}`)
}
