/**
 * Files and directories that no other user may look into or change, written so that neither a crash nor a second process
 * ever leaves half of one.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { FileError } from './errors.ts'

// Windows has no such bits: there a file belongs to its user by where it is.
const HAS_MODES = process.platform !== 'win32'
const OTHERS_READ_OR_WRITE = 0o077
const OTHERS_WRITE = 0o022
/** A directory in which each may rename and remove what is theirs, such as /tmp. */
const STICKY = 0o1000
const ANYBODY_WRITES = 0o002

/**
 * Refuses a file that other users of this machine could read, or that belongs to one of them.
 *
 * @throws FileError `file_not_private`.
 */
export function refuseIfShared(path: string): void {
  if (HAS_MODES) refuseIfOpenToOthers(path, statSync(path))
}

/**
 * The same for a file that is open: what was judged is what is read.
 *
 * @param stats - of the open file.
 * @throws FileError `file_not_private`.
 */
export function refuseIfOpenToOthers(path: string, stats: Stats): void {
  refuse(path, stats, OTHERS_READ_OR_WRITE, 'can be read by other users')
}

/**
 * Makes an empty file, unless there is a file: then that one must be private. One that is there is not opened, since closing it
 * again would undo the locks that this process has on it
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * @throws FileError `file_not_private`.
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  refuseIfShared(path)
}

/**
 * Makes a directory that only its owner may enter, or takes one that no other user can write to.
 *
 * @throws FileError `file_not_private` when others can write to it, or own it.
 */
export function ensurePrivateDirectory(path: string): void {
  makeDirectory(path)
  // Others may have been let in on purpose to look; each file here is closed to them by itself. A user who can write could
  // put files of their own in place of ours.
  if (HAS_MODES) refuse(path, statSync(path), OTHERS_WRITE, 'can be written to by other users')
}

/**
 * Refuses what another user can put something else in place of: all that is above it must be ours, or root's.
 *
 * @param path - of something that is there.
 * @throws FileError `file_not_private`.
 */
export function refuseIfReplaceable(path: string): void {
  for (let at = realpathSync(path), above = dirname(at); at !== above; at = above, above = dirname(at)) {
    const stats = statSync(above)
    refuse(above, stats, stats.mode & STICKY ? 0 : ANYBODY_WRITES, 'can be written to by other users')
  }
}

/**
 * Makes a file with this content, unless there is one: then that one stays. A reader finds it whole.
 *
 * @param path - in an existing directory.
 */
export function createPrivateFile(path: string, content: string): void {
  const temporary = writeTemporary(path, content)
  try {
    // Unlike rename, link never replaces: of two processes one wins, and both read the winner's.
    link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary)
  }
  syncDirectory(dirname(path))
}

/**
 * Replaces a file in one step, making its directory if there is none; a crash leaves the old one or the new one.
 *
 * @throws FileError `file_not_private`; the error of the file system.
 */
export function replacePrivateFile(path: string, content: string): void {
  ensurePrivateDirectory(dirname(path))
  const temporary = writeTemporary(path, content)
  try {
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(dirname(path))
}

/**
 * Replaces a file in one step, once something is done after which its content must not get lost: the content is on disk
 * before, under another name.
 *
 * @param act - if it fails, the content is thrown away, and the old file stays.
 * @throws what `act` throws; FileError `file_not_moved` when the file could not be replaced afterwards: its message says where the
 *   content is; the error of the file system.
 */
export async function replacePrivateFileAfter(
  path: string,
  content: string,
  act: () => Promise<void>,
): Promise<void> {
  const temporary = writeTemporary(path, content)
  try {
    await act()
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  try {
    renameSync(temporary, path)
  } catch (cause) {
    throw new FileError('file_not_moved', `cannot replace ${path}: the new one is ${temporary}`, { cause })
  }
  syncDirectory(dirname(path))
}

// Not mkdir's own `recursive`, which tries for ever where a parent is there and takes no directories, as in /proc.
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !existsSync(dirname(path))) {
      makeDirectory(dirname(path))
      makeDirectory(path)
    } else if (!isDirectory(path)) throw error
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function refuse(path: string, stats: Stats, forbidden: number, what: string): void {
  if (!HAS_MODES) return
  const mode = stats.mode & 0o777
  if ((mode & forbidden) !== 0) {
    throw new FileError('file_not_private', `${path} ${what} (mode ${mode.toString(8).padStart(4, '0')})`)
  }
  if (!ownedByUs(stats))
    throw new FileError('file_not_private', `${path} belongs to another user (uid ${stats.uid})`)
}

// Root's files are as good as ours: who is root needs no file to look into us.
function ownedByUs({ uid }: Stats): boolean {
  return uid === process.getuid?.() || uid === 0
}

function writeTemporary(path: string, content: string): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    // All of it: a single write puts down less than that where the disk is about to be full, and reports no error.
    writeFileSync(file, content)
    fsyncSync(file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return temporary
}

// Some file systems (exFAT, some network shares) have no links; a copy does not replace either, but is not made at once.
function link(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  }
}

/** Sees to it that the names in a directory are on disk. Windows cannot open directories, nor needs it. */
export function syncDirectory(path: string): void {
  if (!HAS_MODES) return
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
