/**
 * A realm for the installed command: a KDC with alice and bob, and the places where both keep what is theirs.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ended, said, start, temporaryDirectory } from './processes.ts'

export interface ToolsRealm {
  readonly directory: string
  /** Starts the command with these words. */
  run(args: readonly string[], stderr?: 'ignore' | 'pipe'): ChildProcess
  /** The same for one of the tools, as it is run from its sources. */
  fromSources(args: readonly string[]): ChildProcess
  /** The options of a login with a password. */
  readonly password: readonly string[]
  /** The option that names the KDC. */
  readonly kdc: readonly string[]
}

/** @param command - the installed `symbolon`. */
export async function startToolsRealm(command: string): Promise<ToolsRealm> {
  const directory = temporaryDirectory()
  const at = (name: string) => join(directory, name)
  // The command finds the Node that we run on, and nothing of the user's own.
  const env = {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    HOME: directory,
    XDG_CONFIG_HOME: at('config'),
    XDG_DATA_HOME: at('data'),
    XDG_STATE_HOME: at('state'),
    XDG_CACHE_HOME: at('cache'),
    XDG_RUNTIME_DIR: undefined,
  }
  const run = (args: readonly string[], stderr: 'ignore' | 'pipe' = 'ignore') =>
    start(command, args, { stdio: ['ignore', 'ignore', stderr], env, shell: process.platform === 'win32' })
  const fromSources = (args: readonly string[]) =>
    start('npx', ['tsx', ...args], { stdio: 'ignore', env, shell: process.platform === 'win32' })
  writeFileSync(at('password'), 'correct horse battery staple\n', { mode: 0o600 })
  const data = ['--data', at('kdc')]
  for (const name of ['alice', 'bob']) {
    await ended(run(['kdc', 'adduser', name, ...data, '--password-file', at('password')]))
  }
  const url = await said(run(['kdc', '--port', '0', ...data], 'pipe'), /listening on (http:\S+)/)
  const kdc = ['--kdc', url]
  const password = [...kdc, '--password-file', at('password')]
  // Each has been there once: the KDC's key is known, and the mailbox made.
  for (const name of ['alice', 'bob']) await ended(run(['users', name, ...password]))
  return { directory, run, fromSources, password, kdc }
}
