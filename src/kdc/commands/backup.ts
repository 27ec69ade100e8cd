import { dirname, resolve } from 'node:path'
import { parseArguments } from '../../cli/arguments.ts'
import { ToolError } from '../../cli/errors.ts'
import { commandOf } from '../../cli/installed.ts'
import { optionLines } from '../../cli/terminal/help.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { systemReason } from '../../lib/system-errors.ts'
import { backUp } from '../backup.ts'
import { DATA_HELP, DATA_OPTION, dataDirectory, withData } from './data-option.ts'

const HELP = `usage: ${commandOf('kdc')} backup DIR [options]

Copies what the KDC must not lose, its key and its accounts, to a new directory:
all of it or nothing. The KDC may be running or not.

A backup is a data directory: to restore one, start the KDC with --data naming a
copy of it. Everybody logs in as before; sessions and invitations are not in it.
Keep it secret: its thief can guess passwords, and pass for the KDC.

${optionLines(DATA_HELP)}

example: ${commandOf('kdc')} backup /mnt/backups/kdc-2026-01-31
`

/** `kdc backup DIR` */
export async function backup(argv: string[]): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: DATA_OPTION,
    positionals: ['DIR'],
  })
  const target = resolve(positionals[0] ?? '')
  await withData(values.data, { create: false }, async ({ store }) => {
    const done = await backUp(store, dataDirectory(values.data), target).catch((error: unknown) => {
      throw explain(error, target)
    })
    if (!done) {
      throw new ToolError('the database is a server, which is not copied like this', {
        hint: 'its own tool does: pg_dump for PostgreSQL',
      })
    }
  })
  talk('kdc')(`backed up to ${target}`)
}

function explain(cause: unknown, target: string): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (cause instanceof SymbolonError || !code) return cause
  if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
    return new ToolError(`${target} is there already`, { cause, hint: 'name a new directory' })
  }
  const reason = code === 'ENOENT' ? `there is no directory ${dirname(target)}` : systemReason(code)
  return new ToolError(`cannot write the backup: ${reason}`, {
    cause,
    hint: 'make the directory that the backup is to be in, and see that you may write there',
  })
}
