/**
 * Tests of permissions take two runs: root may read everything, and only root can give files away. Root can become another;
 * others cannot become root.
 *
 * @module
 */
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome, RunOptions } from './file-run.ts'
import { ONLY_FOR } from './messages.ts'

/** `nobody`, on most systems: any who owns nothing would do. */
const NOBODY = 65534

/** The files with tests that an ordinary user has yet to run. */
export function leftForOrdinaryUser(outcomes: readonly Outcome[]): string[] {
  if (process.getuid?.() !== 0) return []
  return outcomes
    .filter(({ skipped }) => skipped.some(({ as }) => as === 'an ordinary user'))
    .map(({ file }) => file)
}

/** Runs something as an ordinary user with a directory of its own. */
export async function asOrdinaryUser<T>(
  run: (options: Pick<RunOptions, 'env' | 'user'>) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'symbolon-nobody-'))
  chmodSync(home, 0o700)
  chownSync(home, NOBODY, NOBODY)
  const env = { HOME: home, TMPDIR: home, [ONLY_FOR]: 'an ordinary user' }
  try {
    return await run({ env, user: { uid: NOBODY, gid: NOBODY } })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
