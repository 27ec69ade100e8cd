/**
 * Where the states are:
 *
 *   <base>/<kdc key>/<username>/           one principal's at one KDC
 *   <base>/<kdc key>/<username>~1/         one that was put aside, by hand: no username has a ~
 */
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { StateError } from './errors.ts'

// Names that Windows gives to devices, whatever follows the first dot, and the dots at the end that it drops:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const NOT_ON_WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|\.$/

/**
 * A directory of this user's for this software: the XDG Base Directory specification, and its equivalents on Windows.
 *
 * @param variable - the environment variable that may name the directory above it.
 * @param fallback - that directory below the home directory.
 * @returns nothing when there is none: what is kept would land wherever a program happens to be started.
 */
export function userDirectory(variable: string, fallback: string): string | undefined {
  // "All paths set in these environment variables must be absolute. … relative paths should be considered invalid."
  const set = process.env[variable]
  if (set && isAbsolute(set)) return join(set, 'symbolon')
  const local = process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined
  if (local) return join(local, 'symbolon', fallback.split('/').at(-1) ?? '')
  let home = ''
  try {
    home = homedir()
  } catch {
    // Neither HOME nor an entry for this user, as in a container.
  }
  return isAbsolute(home) ? join(home, fallback, 'symbolon') : undefined
}

/**
 * Of all states of this user's principals: `$XDG_STATE_HOME/symbolon`.
 *
 * @throws StateError `state_unavailable`
 */
export function defaultBase(): string {
  const directory = userDirectory('XDG_STATE_HOME', '.local/state')
  if (directory !== undefined) return directory
  const why = 'this user has no home directory: set HOME, or XDG_STATE_HOME, to an absolute path'
  throw new StateError('state_unavailable', why)
}

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
