/**
 * Tests of permissions take two runs: root may read everything, and only root can give files away. Root can become another;
 * others cannot become root.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome, RunOptions } from './file-run.ts'
import { ONLY_FOR } from './messages.ts'

/** `nobody`, on most systems: any who owns nothing would do. */
const NOBODY = 65534

/** Whether we can become one, who may then run this Node, and read this project. */
export function canBecomeOrdinaryUser(): boolean {
  if (process.getuid?.() !== 0) return false
  const read = `require('node:fs').readFileSync(${JSON.stringify(fileURLToPath(import.meta.url))})`
  const { status } = spawnSync(process.execPath, ['-e', read], { uid: NOBODY, gid: NOBODY, stdio: 'ignore' })
  return status === 0
}

/** The files with tests that an ordinary user has yet to run. */
export function leftForOrdinaryUser(outcomes: readonly Outcome[]): string[] {
  const left = outcomes.filter(({ skipped }) => skipped.some(({ as }) => as === 'an ordinary user'))
  return left.length > 0 && canBecomeOrdinaryUser() ? left.map(({ file }) => file) : []
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
