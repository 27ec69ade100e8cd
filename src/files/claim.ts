/**
 * Giving a complete file its name: the one that its sender gave, made safe, or the next that is free. Nothing that is there is ever replaced.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { equal } from '../lib/bytes.ts'
import type { SavedFile } from '../lib/paths.ts'
import { notSaved, statsOf } from './errors.ts'
import { syncDirectory } from './private-files.ts'
import { numberedBy } from './safe-name.ts'

/** Only its owner needs to look into what others sent; the owner may open it to others later. */
export const FILE_MODE = 0o600
export const DIRECTORY_MODE = 0o700

/** How many of one name there may be: each new one tries them all. */
const MOST_OF_ONE_NAME = 1000
/** How many of them are read, to see whether they are the same. */
const MOST_COMPARED = 20

/** What a file is known by. */
export interface FileDigest {
  /** In bytes. */
  readonly size: number
  readonly sha256: Uint8Array
}

/**
 * Gives a file its name.
 *
 * @param name - a safe one.
 * @returns where it is, or where the very same was.
 */
export async function claimFile(
  temporary: string,
  directory: string,
  name: string,
  file: FileDigest,
): Promise<SavedFile> {
  let compared = 0
  for (const path of pathsFor(directory, name)) {
    if (await linkOnce(temporary, path)) {
      await rm(temporary, { force: true })
      syncDirectory(directory)
      return { path, already: false }
    }
    // Another of our tools may have saved it meanwhile.
    if (compared++ < MOST_COMPARED && (await holds(path, file))) return { path, already: true }
  }
  throw notSaved(directory, `there are ${MOST_OF_ONE_NAME} of that name`)
}

/** Where this very file is already, under the first of the names that it could have, as far as these are taken. */
export async function findFile(
  directory: string,
  name: string,
  file: FileDigest,
): Promise<string | undefined> {
  let compared = 0
  for (const path of pathsFor(directory, name)) {
    if (compared++ >= MOST_COMPARED || !(await statsOf(path))) return undefined
    if (await holds(path, file)) return path
  }
  return undefined
}

/** Gives a directory its name. */
export async function claimDirectory(temporary: string, directory: string, name: string): Promise<string> {
  for (const path of pathsFor(directory, name)) {
    // What rename could replace is only an empty directory made in this very moment.
    if ((await statsOf(path)) || !(await renameOnce(temporary, path))) continue
    syncDirectory(directory)
    return path
  }
  throw notSaved(directory, `there are ${MOST_OF_ONE_NAME} of that name`)
}

function* pathsFor(directory: string, name: string): Generator<string> {
  for (let n = 1; n <= MOST_OF_ONE_NAME; n++) yield join(directory, numberedBy(name, n))
}

async function renameOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await rename(temporary, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ENOTDIR') return false
    // What Windows says of one that exists.
    if ((code === 'EPERM' || code === 'EACCES') && (await statsOf(path))) return false
    throw error
  }
}

/** @returns whether the name was free: it is ours now. */
async function linkOnce(temporary: string, path: string): Promise<boolean> {
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

/** Whether there is a regular file, not a link to one, with these bytes. */
async function holds(path: string, { size, sha256 }: FileDigest): Promise<boolean> {
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
