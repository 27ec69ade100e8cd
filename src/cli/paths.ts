/** Where the tools keep things. */
import { type Stats, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { userDirectory } from '../state/paths.ts'
import { UsageError } from './errors.ts'

const NO_WAY: readonly string[] = ['EACCES', 'ELOOP', 'ENAMETOOLONG']

function directory(variable: string, fallback: string): string {
  const found = userDirectory(variable, fallback)
  if (found !== undefined) return found
  throw new UsageError('this user has no home directory', `set HOME, or ${variable}, to an absolute path`)
}

/** What people write down for the tools: `$XDG_CONFIG_HOME/symbolon`. */
export const configDir = (): string => directory('XDG_CONFIG_HOME', '.config')

/** What the KDC keeps: `$XDG_DATA_HOME/symbolon`. */
export const dataDir = (): string => directory('XDG_DATA_HOME', '.local/share')

/** What the tools keep for principals from one time to the next: `$XDG_STATE_HOME/symbolon`. */
export const stateDir = (): string => directory('XDG_STATE_HOME', '.local/state')

/**
 * What lasts as long as the user is logged in to this machine, and is never on a disk: `$XDG_RUNTIME_DIR/symbolon`.
 *
 * @returns none where there is no such directory; nor that of another user, which `su` leaves in the environment.
 */
export function runtimeDir(): string | undefined {
  const set = process.env.XDG_RUNTIME_DIR
  if (!set || !isAbsolute(set)) return undefined
  const stats = reachable(set)
  const isOurs = stats?.isDirectory() && (!process.getuid || stats.uid === process.getuid())
  return isOurs ? join(set, 'symbolon') : undefined
}

/** What this user has no way to, such as what is below another user's directory, is as good as not there. */
function reachable(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (NO_WAY.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
