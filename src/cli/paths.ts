/**
 * Where things are kept: the XDG Base Directory specification, and its equivalents on Windows.
 *
 * @module
 */
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { UsageError } from './errors.ts'

function base(variable: string, fallback: string): string {
  // "All paths set in these environment variables must be absolute. … relative paths should be considered invalid."
  const set = process.env[variable]
  if (set && isAbsolute(set)) return join(set, 'symbolon')
  const local = process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined
  return local
    ? join(local, 'symbolon', fallback.split('/').at(-1) ?? '')
    : join(home(variable), fallback, 'symbolon')
}

/** @throws UsageError when there is none: what is kept would land wherever a tool happens to be started. */
function home(variable: string): string {
  let path = ''
  try {
    path = homedir()
  } catch {
    // Neither HOME nor an entry for this user, as in a container.
  }
  if (isAbsolute(path)) return path
  throw new UsageError('this user has no home directory', `set HOME, or ${variable}, to an absolute path`)
}

/** What people write down for the tools: `$XDG_CONFIG_HOME/symbolon`. */
export function configDir(): string {
  return base('XDG_CONFIG_HOME', '.config')
}

/** What the KDC keeps: `$XDG_DATA_HOME/symbolon`. */
export function dataDir(): string {
  return base('XDG_DATA_HOME', '.local/share')
}

/** What the tools keep for principals from one time to the next: `$XDG_STATE_HOME/symbolon`. */
export function stateDir(): string {
  return base('XDG_STATE_HOME', '.local/state')
}

/**
 * What lasts as long as the user is logged in to this machine, and is never on a disk: `$XDG_RUNTIME_DIR/symbolon`.
 *
 * @returns none where there is no such directory; nor that of another user, which `su` leaves in the environment.
 */
export function runtimeDir(): string | undefined {
  const set = process.env.XDG_RUNTIME_DIR
  if (!set || !isAbsolute(set)) return undefined
  const stats = statSync(set, { throwIfNoEntry: false })
  const isOurs = stats?.isDirectory() && (!process.getuid || stats.uid === process.getuid())
  return isOurs ? join(set, 'symbolon') : undefined
}
