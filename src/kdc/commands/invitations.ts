import { parseArguments } from '../../cli/arguments.ts'
import { commandOf } from '../../cli/installed.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { print } from '../../cli/terminal/terminal.ts'
import { timestamp } from '../../cli/terminal/words.ts'
import { systemClock } from '../../lib/clock.ts'
import { DATA_HELP, DATA_OPTION, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} invitations [options]

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
    help: HELP,
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
