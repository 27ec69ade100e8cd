/** A directory to be sent: regular files and directories, in an order that stays the same. */
import { isUtf8 } from 'node:buffer'
import { constants, type Dirent, lstatSync, type Stats } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import {
  type EntrySource,
  type FileAttributes,
  isPath,
  type TransferSource,
  type TreeSource,
} from '../lib/transfer/index.ts'
import { attributesOf } from './attributes.ts'
import { notReadable, openContent } from './outgoing.ts'
import { afterEntry } from './turns.ts'

/** Why something in a directory is not sent. */
export type WhySkipped = 'link' | 'not a file' | 'too deep'

export interface TreeListener {
  /**
   * Hears of what is not sent.
   *
   * @param path - below the directory, readable.
   */
  skipped(path: string, why: WhySkipped): void
  /** Hears of what is sent under another name, because its own is not UTF-8. */
  renamed?(path: string): void
}

/**
 * A directory as it is when it is sent. Links in it are not followed, so it cannot lead out of itself, nor round in circles.
 *
 * @param path - of an existing directory, or a link to one.
 */
export function openTree(path: string, listener: TreeListener, attributes: FileAttributes = {}): TreeSource {
  // Of `.` and `..` too.
  const name = basename(resolve(path)) || 'root'
  return { ...attributes, kind: 'directory', name, entries: () => walk(Buffer.from(path), [], listener) }
}

/**
 * A file or a directory to be sent; a link is followed.
 *
 * @throws FileError `file_not_readable`: there is none, we may not read it, or it is something else.
 */
export async function sourceOf(path: string, listener: TreeListener): Promise<TransferSource> {
  let stats: Stats
  try {
    stats = await stat(path)
    await access(path, constants.R_OK)
  } catch (cause) {
    throw notReadable(path, cause)
  }
  if (stats.isDirectory()) return openTree(path, listener, attributesOf(stats))
  if (!stats.isFile()) throw notReadable(path, undefined, 'it is not a regular file')
  return { kind: 'file', name: basename(path), open: () => openContent(path, path) }
}

/** How many files, and bytes in them, there are to be sent. */
export async function measureTree(path: string): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 }
  for await (const { at, kind } of list(Buffer.from(path), [], { skipped() {} })) {
    if (kind !== 'file') continue
    total.files++
    total.bytes += statsOrNothing(at)?.size ?? 0
  }
  return total
}

async function* walk(
  directory: Buffer,
  above: readonly string[],
  listener: TreeListener,
): AsyncGenerator<EntrySource> {
  for await (const { at, kind, path } of list(directory, above, listener)) {
    if (kind === 'directory') yield { kind, path, ...directoryAttributes(at) }
    else yield { kind, path, open: () => openContent(at, join(...path), { follow: false }) }
  }
}

function directoryAttributes(at: Buffer): FileAttributes {
  const stats = statsOrNothing(at)
  return stats ? attributesOf(stats) : {}
}

// At once: a turn of a thread for each takes ten times as long.
function statsOrNothing(at: Buffer): Stats | undefined {
  try {
    return lstatSync(at)
  } catch {
    return undefined
  }
}

interface Listed {
  readonly at: Buffer
  readonly kind: 'file' | 'directory'
  readonly path: readonly string[]
}

async function* list(
  directory: Buffer,
  above: readonly string[],
  listener: TreeListener,
): AsyncGenerator<Listed> {
  // In bytes: what is not UTF-8 would not be found again under the name that it is shown as.
  let entries: Dirent<Buffer>[]
  try {
    entries = await readdir(directory, { encoding: 'buffer', withFileTypes: true })
  } catch (cause) {
    throw notReadable(join(directory.toString(), '.'), cause)
  }
  entries.sort((a, b) => Buffer.compare(a.name, b.name))
  const readable = readableNames(entries.map(({ name }) => name))
  for (const [index, entry] of entries.entries()) {
    const at = Buffer.concat([directory, Buffer.from(sep), entry.name])
    const path = [...above, readable[index] ?? '']
    const shown = path.join('/')
    const kind = kindOf(entry)
    if (kind !== 'file' && kind !== 'directory') {
      listener.skipped(shown, kind)
      continue
    }
    if (!isPath(path)) {
      listener.skipped(shown, 'too deep')
      continue
    }
    if (!isUtf8(entry.name)) listener.renamed?.(shown)
    await afterEntry()
    yield { at, kind, path }
    if (kind === 'directory') yield* list(at, path, listener)
  }
}

/** A name for each that is text, and no other's: several that are not UTF-8 may look the same. */
function readableNames(names: readonly Buffer[]): string[] {
  const taken = new Set(names.filter((name) => isUtf8(name)).map(String))
  return names.map((name) => {
    const text = name.toString('utf8')
    if (isUtf8(name)) return text
    let unique = text
    for (let n = 2; taken.has(unique); n++) unique = `${text} (${n})`
    taken.add(unique)
    return unique
  })
}

function kindOf(entry: Dirent<Buffer>): 'file' | 'directory' | WhySkipped {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'link' : 'not a file'
}
