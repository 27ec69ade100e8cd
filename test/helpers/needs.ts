/**
 * Tests that need something this project does not install: another language, a database, a browser.
 *
 * Where it is missing they are skipped, and say so in one line each, so that nobody takes fewer tests for all of them.
 * On CI (`CI` is set) missing means failure.
 */
import { spawnSync } from 'node:child_process'
import type { Test } from 'uvu'

/** Takes the place of a uvu suite: `const withPostgres = needs(...)`, then `withPostgres(store)('keeps ...', ...)`. */
export type Needing = <T>(suite: Test<T>) => (name: string, test: Parameters<Test<T>>[1]) => void

/**
 * @param name - what is needed, such as `python3-cryptography`.
 * @param probe - whether it is there; called once.
 * @param howToGet - the command that installs it.
 * @example
 * const withTmux = needs('tmux', () => runs('tmux', '-V'), 'apt-get install tmux')
 * withTmux(chat)('shows what the other side types', async () => { ... })
 */
export function needs(name: string, probe: () => boolean, howToGet: string): Needing {
  const present = probe()
  return (suite) => (testName, test) => {
    if (present) {
      suite(testName, test)
    } else if (process.env.CI) {
      suite(testName, () => {
        throw new Error(`on CI nothing is skipped: needs ${name}: ${howToGet}`)
      })
    } else {
      process.stdout.write(`skipped: ${testName}: needs ${name}: ${howToGet}\n`)
      suite.skip(testName, test)
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
