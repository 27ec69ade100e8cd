/**
 * The commands about invitations that were made: `kdc invitations`, `uninvite`. How they are made: invite.ts.
 *
 * @module
 */
import { parseArguments } from '../../cli/arguments.ts'
import { ToolError, UsageError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { count, timestamp } from '../../cli/terminal/format.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { print, talk } from '../../cli/terminal/terminal.ts'
import { systemClock } from '../../lib/clock.ts'
import { parseUsername } from '../../lib/names.ts'
import type { Store } from '../store/store.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const INVITATIONS_HELP = `usage: ${commandOf('kdc')} invitations [options]

Lists the invitations that can still be used, on stdout: whom each is for, * for
anybody, and until when. The invitations themselves were shown when they were
made, and are not known any more. The KDC may be running or not.

${optionLines(
  [
    '--json',
    'a JSON object on each line: {"username", "expires_at"}, the name null for anybody, the time in Unix seconds',
  ],
  DATA_HELP,
)}

example: ${commandOf('kdc', { silent: true })} invitations
`

/** `kdc invitations` */
export async function invitations(argv: string[]): Promise<void> {
  const { values } = parseArguments(argv, {
    help: INVITATIONS_HELP,
    options: { ...DATA_OPTION, json: { type: 'boolean' } },
    positionals: [],
  })
  const open = await withData(values.data, { create: false }, ({ store }) =>
    store.invitations.list(systemClock()),
  )
  for (const { username, expiresAt } of open) {
    await print(
      values.json
        ? JSON.stringify({ username: username ?? null, expires_at: expiresAt })
        : `${username ?? '*'} ${timestamp(expiresAt)}`,
    )
  }
}

const UNINVITE_HELP = `usage: ${commandOf('kdc')} uninvite NAME... [options]
       ${commandOf('kdc')} uninvite --all [options]

Withdraws invitations that were not used. Accounts that were made with one stay.
The KDC may be running or not.

${optionLines(['--all', 'all of them, also those without a name'], DATA_HELP)}

example: ${commandOf('kdc')} uninvite alice bob
`

/** `kdc uninvite` */
export async function uninvite(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: UNINVITE_HELP,
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
