/**
 * `kdc backup`: a data directory of its own, with what lasts (the KDC's keys and the accounts) and nothing that logs an account in.
 */
import { mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseToolArguments } from '../../cli/arguments.ts'
import { ToolError } from '../../cli/errors.ts'
import { talk } from '../../cli/terminal/terminal.ts'
import { createPrivateFile, syncDirectory } from '../../files/private-files.ts'
import { DATABASE_FILE } from '../data.ts'
import { OPAQUE_KEYS_FILE } from '../keys/opaque-keys.ts'
import type { Store } from '../store/store.ts'
import { cannotWrite, DATA_OPTION, dataDirectory, withData } from './data-option.ts'

const IS_THERE = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR']

/** `kdc backup DIR` */
export async function backup(argv: string[]): Promise<void> {
  const { values, positionals } = parseToolArguments('kdc', argv, {
    help: (kdc, options) => `usage: ${kdc} backup DIR [options]

Copies what the KDC must not lose, its key and its accounts, to a new directory:
all of it or nothing. The KDC may be running or not.

A backup is a data directory: to restore one, start the KDC with --data naming a
copy of it. Everybody logs in as before; sessions and invitations are not in it.
Keep it secret: its thief can guess passwords, and pass for the KDC.

${options}

example: ${kdc} backup /mnt/backups/kdc-2026-01-31
`,
    options: DATA_OPTION,
    positionals: ['DIR'],
  })
  const target = resolve(positionals[0] ?? '')
  await withData(values.data, { create: false }, async ({ store }) => {
    const done = await backUp(store, dataDirectory(values.data), target).catch((cause: unknown) => {
      if (IS_THERE.includes((cause as NodeJS.ErrnoException).code ?? '')) {
        throw new ToolError(`${target} is there already`, { cause, hint: 'name a new directory' })
      }
      const hint = 'make the directory that the backup is to be in, and see that you may write there'
      throw cannotWrite('the backup', target, cause, hint)
    })
    if (!done) {
      throw new ToolError('the database is a server, which is not copied like this', {
        hint: 'its own tool does: pg_dump for PostgreSQL',
      })
    }
  })
  talk('kdc')(`backed up to ${target}`)
}

/**
 * Writes a backup: all of it, or nothing under this name.
 *
 * @param directory - the data directory.
 * @param target - a directory that there is not yet, or an empty one; its parent must be there.
 * @returns false, having done nothing, when the database is a server, which has a tool of its own.
 * @throws an error of the file system, with its `code`: `ENOTEMPTY` or `ENOTDIR` when something else is there; StoreError.
 */
export async function backUp(store: Store, directory: string, target: string): Promise<boolean> {
  const place = resolve(target)
  // Beside its place, so that one step takes it there; an operator who finds it after a crash sees what it is.
  const temporary = mkdtempSync(`${place}.unfinished-`)
  try {
    if (!(await store.backUp(join(temporary, DATABASE_FILE)))) return false
    const keys = readFileSync(join(directory, OPAQUE_KEYS_FILE), 'latin1')
    createPrivateFile(join(temporary, OPAQUE_KEYS_FILE), keys)
    moveInto(place, temporary)
    return true
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

// An empty directory goes first, for Windows does not replace one; one that is not empty does not go.
function moveInto(place: string, temporary: string): void {
  try {
    rmdirSync(place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  syncDirectory(temporary)
  renameSync(temporary, place)
  syncDirectory(dirname(place))
}
