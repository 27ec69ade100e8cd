/**
 * Tests that not every machine can run. Where one cannot be run it is skipped, with the reason, so that fewer tests are
 * never taken for all of them. On CI (`CI` is set) the runner counts that as failed, unless it has run them as another user.
 */
import { spawnSync } from 'node:child_process'
import type { Callback, Test } from 'uvu'
import type { Identity, Why } from '../runner/messages.ts'

/** Takes the place of a uvu suite: `const withPostgres = needs(...)`, then `withPostgres(store)('keeps ...', ...)`. */
export type Needing = <T>(suite: Test<T>) => (name: string, test: Callback<T>) => void

/** What a suite does with more than uvu knows of, under the runner. */
interface Reporting<T> {
  (name: string, test: Callback<T>, as?: Identity): void
  skip(name: string, test: Callback<T>, why: Why): void
}

/**
 * For what this project does not install: another language, a database, a browser.
 *
 * @param name - what is needed, such as `python3-cryptography`.
 * @param probe - whether it is there; called once.
 * @param howToGet - the command that installs it.
 * @example
 * const withTmux = needs('tmux', () => runs('tmux', '-V'), 'apt-get install tmux')
 * withTmux(chat)('shows what the other side types', async () => { ... })
 */
export function needs(name: string, probe: () => boolean, howToGet: string): Needing {
  return unless(!probe(), { why: `needs ${name}: ${howToGet}` })
}

/** For what Windows has not: modes, owners, sockets and pipes among files. */
export const onPosix = unless(process.platform === 'win32', { why: 'needs a system other than Windows' })

/** For what Linux alone has, such as `/proc`. */
export const onLinux = unless(process.platform !== 'linux', { why: 'needs Linux' })

/** For what only root can do, such as to give a file away. */
export const asRoot = as('root', process.getuid?.() === 0)

/** For what root is not kept from, such as to read a file of mode 0. */
export const asOrdinaryUser = as('an ordinary user', process.getuid?.() !== 0)

function as(identity: Identity, isSo: boolean): Needing {
  const isWindows = process.platform === 'win32'
  const why = isWindows ? 'needs a system other than Windows' : `needs to be run as ${identity}`
  return unless(isWindows || !isSo, { why, as: identity })
}

function unless(isMissing: boolean, why: Why): Needing {
  return <T>(suite: Test<T>) => {
    const reporting = suite as Reporting<T>
    return (name: string, test: Callback<T>) => {
      if (isMissing) reporting.skip(name, test, why)
      else reporting(name, test, why.as)
    }
  }
}

/** Whether this command runs and exits 0. */
export function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/**
 * A Python that has these modules: Debian's own, where its packages are, or the first in the path.
 *
 * @returns the command, or nothing when neither has them.
 */
export function pythonWith(...modules: string[]): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => runs(python, '-c', `import ${modules.join(', ')}`))
}
