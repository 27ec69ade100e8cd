/**
 * Files that hold secrets: written whole or not at all, and never readable by anybody else.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { ToolError } from './errors.ts'

/** Refuses a file that other users of this machine could read. Windows has no such mode bits: nothing to check. */
export function refuseIfShared(path: string): void {
  if (process.platform === 'win32') return
  const mode = statSync(path).mode & 0o777
  if ((mode & 0o077) !== 0) {
    throw new ToolError(`${path} can be read by other users (mode ${mode.toString(8).padStart(4, '0')})`, {
      hint: `chmod 600 ${path}`,
    })
  }
}

/** Replaces a file in one step, mode 0600; a crash leaves the old one or the new one. */
export function writeSecretFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
    closeSync(file)
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
