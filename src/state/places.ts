/**
 * Where the states are:
 *
 *   <base>/<kdc key>/<username>/           one principal's at one KDC
 *   <base>/<kdc key>/<username>~1/         one that was put aside, by hand: no username has a ~
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

// Names that Windows gives to devices, whatever follows the first dot, and the dots at the end that it drops:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const NOT_ON_WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|\.$/

/** The database in a state's directory. */
export function databaseIn(directory: string): string {
  return join(directory, 'state.sqlite')
}

/** Its lock. */
export function lockIn(directory: string): string {
  return join(directory, 'lock')
}

/**
 * A principal's directory, which need not be there.
 *
 * @param base - of all states.
 * @param kdcKey - 32 bytes in base64url.
 * @param username - as `parseUsername` gives it.
 */
export function stateDirectory(
  base: string,
  kdcKey: string,
  username: string,
  platform: string = process.platform,
): string {
  const safe = platform === 'win32' && NOT_ON_WINDOWS.test(username) ? `~${username}~` : username
  return join(base, kdcKey, safe)
}

/** The directories of all states of a principal that are there, at any KDC, those put aside too. */
export function stateDirectoriesOf(base: string, username: string): string[] {
  return foldersIn(base).flatMap((kdcKey) => {
    const own = stateDirectory(base, kdcKey, username)
    const siblings = foldersIn(join(base, kdcKey)).map((name) => join(base, kdcKey, name))
    return siblings.filter((path) => path === own || path.startsWith(`${own}~`))
  })
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}
