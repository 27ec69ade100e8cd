/**
 * The data directory and the files in it: closed to others, and made so that neither a crash nor a second process ever
 * leaves half of one.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ToolError } from '../cli/errors.ts'

// Windows has no such bits: there a file belongs to its user by where it is.
const HAS_MODES = process.platform !== 'win32'

/**
 * Makes a directory that only its owner may enter, or takes one that nobody else can write to.
 *
 * @throws ToolError when others can write to it.
 */
export function ensurePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  // Others may have been let in on purpose to look; each file here is closed to them by itself. Who can write could
  // put files of their own in place of ours.
  if (HAS_MODES && statSync(path).mode & 0o022) {
    throw new ToolError(`${path} can be written to by other users`, { hint: `chmod go-w ${path}` })
  }
}

/**
 * Makes a file with this content, unless there is one: then that one stays. Whoever reads it finds it whole.
 *
 * @param path - in an existing directory.
 */
export function createPrivateFile(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(file, content)
    fsyncSync(file)
    // Unlike rename, link never replaces: of two processes one wins, and both read the winner's.
    linkSync(temporary, path)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    closeSync(file)
    unlinkSync(temporary)
  }
  syncDirectory(dirname(path))
}

// The name is on disk only when its directory is. Windows cannot open directories, nor needs it.
function syncDirectory(path: string): void {
  if (!HAS_MODES) return
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
