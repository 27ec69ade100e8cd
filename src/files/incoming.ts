/**
 * Keeping files that others sent: in one directory, under a name of their own, whole or not at all.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'
import { constants, rmSync, type Stats } from 'node:fs'
import {
  access,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises'
import { join } from 'node:path'
import { equal } from '../lib/bytes.ts'
import { FileError, syncDirectory } from './private-files.ts'
import { numbered, safeName } from './safe-name.ts'

/** What its sender says of a file. */
export interface Incoming {
  /** Anything at all. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  readonly sha256: Uint8Array
}

/** Where a file is now, and whether it was there before. */
export interface Saved {
  readonly path: string
  readonly already: boolean
}

/** Only its owner needs to look into what is not finished; the owner may open the file to others later. */
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** The names of what is not finished. */
const TEMPORARY = /^\.symbolon-[0-9a-f]{16}\.part$/
const LEFTOVER_MS = 24 * 60 * 60 * 1000

/**
 * Sees to it that there is such a directory, making it if there is none; what it is in must be there.
 *
 * @throws FileError `file_not_saved`.
 */
export async function ensureOutputDirectory(path: string): Promise<void> {
  const found = await onDisk(path, async () => {
    // Not with its parents: Node's recursive mkdir never returns where a file system has none of a name and lets none be made (/proc).
    await mkdir(path, DIRECTORY_MODE).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return
      if (error.code !== 'ENOENT') throw error
      throw notSaved(path, 'the directory to make it in is not there, or takes no others', error)
    })
    return stat(path)
  })
  if (!found.isDirectory()) throw notSaved(path, 'it is no directory')
}

/** Whether files can be made in a directory, small ones at least. */
export async function isUsable(directory: string): Promise<boolean> {
  try {
    await access(directory, constants.W_OK | constants.X_OK)
    return (await stat(directory)).isDirectory()
  } catch {
    return false
  }
}

/**
 * Keeps a file, under a name made of the one that its sender gave, or the next that is free: nothing that is there is ever replaced or
 * written to. A file of such a name with the very same bytes is this file, and not fetched again.
 *
 * @param directory - an existing one.
 * @param fetch - gives the bytes that `file` describes, or throws: what came before is thrown away then.
 * @throws FileError `file_not_saved` when the file system refuses; what `fetch` throws.
 */
export async function saveIncoming(
  directory: string,
  file: Incoming,
  fetch: () => AsyncIterable<Uint8Array>,
): Promise<Saved> {
  const name = safeName(file.name)
  const there = await onDisk(directory, () => find(directory, name, file))
  if (there !== undefined) return { path: there, already: true }
  await removeLeftovers(directory)
  await requireRoom(directory, file.size)
  const temporary = join(directory, `.symbolon-${randomBytes(8).toString('hex')}.part`)
  const unfinished = await onDisk(directory, () => open(temporary, 'wx', FILE_MODE))
  unfinishedFiles.add(temporary)
  try {
    await write(directory, unfinished, fetch())
    return await onDisk(directory, () => settle(temporary, directory, name, file))
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
    unfinishedFiles.delete(temporary)
  }
}

async function write(directory: string, to: FileHandle, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of content) await onDisk(directory, () => to.writeFile(piece))
    await onDisk(directory, () => to.sync())
  } finally {
    await onDisk(directory, () => to.close())
  }
}

/** Gives a finished file its name. */
async function settle(temporary: string, directory: string, name: string, file: Incoming): Promise<Saved> {
  for (const candidate of numbered(name)) {
    const path = join(directory, candidate)
    if (await claim(temporary, path)) {
      syncDirectory(directory)
      return { path, already: false }
    }
    // Another of our tools may have saved it meanwhile.
    if (await holds(path, file)) return { path, already: true }
  }
  throw new TypeError('the numbers have ended')
}

/** @returns whether the name was free: it is ours now. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    // Unlike rename, link never replaces, and follows nothing that is there.
    await link(temporary, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    return claimWithoutLinks(temporary, path)
  }
}

// Some file systems (exFAT, some network shares) have no links. What is replaced there is the empty file that we have just made.
async function claimWithoutLinks(temporary: string, path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', FILE_MODE)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await rename(temporary, path)
    return true
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Where this very file is already, under any of the names that it could have. */
async function find(directory: string, name: string, file: Incoming): Promise<string | undefined> {
  for (const candidate of numbered(name)) {
    const path = join(directory, candidate)
    if (!(await statsOf(path))) return undefined
    if (await holds(path, file)) return path
  }
  return undefined
}

/** Whether there is a regular file, not a link to one, with these bytes. */
async function holds(path: string, { size, sha256 }: Incoming): Promise<boolean> {
  const stats = await statsOf(path)
  if (!stats?.isFile() || stats.size !== size) return false
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    const hash = createHash('sha256')
    for await (const piece of file.createReadStream()) hash.update(piece)
    return equal(hash.digest(), sha256)
  } catch {
    // One that we cannot read is not ours: the next name.
    return false
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What a tool left that was killed, or whose machine stopped: nothing has been written to it for long. */
async function removeLeftovers(directory: string): Promise<void> {
  const before = Date.now() - LEFTOVER_MS
  for (const name of await onDisk(directory, () => readdir(directory))) {
    if (!TEMPORARY.test(name)) continue
    const path = join(directory, name)
    const stats = await lstat(path).catch(() => undefined)
    // It may be another's, in a directory that is shared.
    if (stats?.isFile() && stats.mtimeMs < before) await unlink(path).catch(() => {})
  }
}

/** Before anything is fetched in vain, again and again perhaps. */
async function requireRoom(directory: string, size: number): Promise<void> {
  const { bavail, bsize, blocks } = await onDisk(directory, () => statfs(directory))
  // Some file systems do not say.
  if (blocks > 0 && bavail * bsize < size) throw notSaved(directory, 'there is not enough room')
}

// Ended by a signal, or by a second Ctrl+C, a tool does not come to its `finally`.
const unfinishedFiles = new Set<string>()
process.on('exit', () => {
  for (const path of unfinishedFiles) rmSync(path, { force: true })
})

const REASONS: Record<string, string> = {
  EACCES: 'it may not be written to',
  EDQUOT: 'there is not enough room',
  EEXIST: 'it is no directory',
  EFBIG: 'the file is too large for it',
  EIO: 'the disk fails',
  ENAMETOOLONG: 'a name is too long for it',
  ENOENT: 'it is gone',
  ENOSPC: 'there is not enough room',
  ENOTDIR: 'it is no directory',
  EPERM: 'it may not be written to',
  EROFS: 'it is read-only',
}

async function onDisk<T>(directory: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined || cause instanceof FileError) throw cause
    throw notSaved(directory, REASONS[code] ?? code, cause)
  }
}

function notSaved(directory: string, why: string, cause?: unknown): FileError {
  return new FileError('file_not_saved', `cannot save in ${directory}: ${why}`, { cause })
}
