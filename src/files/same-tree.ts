/**
 * Whether a directory that has come is here already: one of which only the last answer was lost is sent again.
 *
 * @module
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { holds, type Whole } from './claim.ts'
import { statsOf } from './on-disk.ts'

/** What is in a directory, by the names that it has here, in Unicode's form NFC. */
export interface Contents {
  readonly directories: ReadonlyMap<string, Contents>
  readonly files: ReadonlyMap<string, Whole>
}

/** Whether this is in a directory, every byte of it, and nothing else; where one of them is a link it is not. */
export async function holdsAll(path: string, contents: Contents): Promise<boolean> {
  try {
    return (await looksLike(path, contents)) && (await hasBytesOf(path, contents))
  } catch {
    // One that we cannot read is not ours: the next name.
    return false
  }
}

/** By names and sizes alone: nothing is read that cannot be the same. */
async function looksLike(path: string, { directories, files }: Contents): Promise<boolean> {
  if (!(await statsOf(path))?.isDirectory()) return false
  const names = await readdir(path)
  if (names.length !== directories.size + files.size) return false
  for (const given of names) {
    const at = join(path, given)
    // HFS+ gives names back in another form.
    const name = given.normalize('NFC')
    const child = directories.get(name)
    if (child) {
      if (!(await looksLike(at, child))) return false
      continue
    }
    const stats = await statsOf(at)
    if (!stats?.isFile() || stats.size !== files.get(name)?.size) return false
  }
  return true
}

async function hasBytesOf(path: string, { directories, files }: Contents): Promise<boolean> {
  for (const [name, file] of files) if (!(await holds(join(path, name), file))) return false
  for (const [name, child] of directories) if (!(await hasBytesOf(join(path, name), child))) return false
  return true
}
