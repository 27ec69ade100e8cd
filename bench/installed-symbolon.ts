/**
 * The `symbolon` command as a user gets it: packed from this checkout, then installed, both into a temporary directory.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Missing } from './peers/installed.ts'
import { ROOT, temporaryDirectory } from './processes.ts'

/**
 * @returns the command's path.
 * @throws Missing when the checkout has no such command, or npm cannot install it.
 */
export async function installSymbolon(): Promise<string> {
  const { bin = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin?: Record<string, string>
  }
  if (!bin.symbolon) throw new Missing('this checkout has no installed command: package.json names no bin')
  const directory = temporaryDirectory()
  npm('run', 'build')
  npm('pack', './dist', '--pack-destination', directory)
  const packed = readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? ''
  const options = ['--prefer-offline', '--no-audit', '--no-fund']
  npm('install', '--global', '--prefix', directory, ...options, join(directory, packed))
  return process.platform === 'win32' ? join(directory, 'symbolon.cmd') : join(directory, 'bin', 'symbolon')
}

function npm(...args: string[]): void {
  const shell = process.platform === 'win32'
  const { status, stderr } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell })
  if (status !== 0)
    throw new Missing(`npm ${args[0]} of this checkout failed: ${stderr?.trim().split('\n')[0]}`)
}
