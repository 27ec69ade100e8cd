/** Directories that others send: nothing of one is seen before all of it is here. */
import { lstatSync, mkdirSync, rmSync, type Stats } from 'node:fs'
import { lutimes, mkdir, readdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { CodecError } from '../lib/errors.ts'
import type { SavedFile } from '../lib/paths.ts'
import { type FileAttributes, SMALL_BYTES, type TreeSink } from '../lib/transfer/index.ts'
import { setTime } from './attributes.ts'
import { claimDirectory, DIRECTORY_MODE } from './claim.ts'
import { notSaved, onDisk } from './errors.ts'
import { openForWriting, sinkFor } from './incoming.ts'
import { holdPart, isOurs, type Part, partId, WORTH_KEEPING_BYTES } from './parts.ts'
import { PinnedDirectory } from './pinned-directory.ts'
import { syncDirectory } from './private-files.ts'
import { numberedBy, safeName } from './safe-name.ts'
import { SmallFiles } from './small-files.ts'
import { afterEntry } from './turns.ts'

/** How often we show that we are still at work, to what takes leftovers away. */
const TOUCH_MS = 60 * 1000

/** A directory, as far as it has come this time. */
interface Node {
  readonly path: string
  readonly attributes: FileAttributes
  /** By what their sender calls them. */
  readonly directories: Map<string, Node>
  /** The names that are taken here, by what file systems compare that do not tell a from A. */
  readonly names: Map<string, string>
  /** How many of a name there have been. */
  readonly counts: Map<string, number>
}

/** A directory that is being received. */
export interface IncomingTree extends TreeSink {
  /** Where it is, once it is finished. */
  saved?: SavedFile
}

/**
 * Makes a directory that has no name yet, or takes what an earlier attempt left of it.
 *
 * @param directory - an existing one.
 * @param item.name - its sender's, anything at all.
 * @param sender - who it is from. What comes is then kept when it is cut, and resumed when it is sent again.
 * @param mostLeft - as for `holdPart`.
 * @throws FileError `file_not_saved`.
 */
export async function openIncomingTree(
  directory: string,
  { name, ...attributes }: FileAttributes & { readonly name: string },
  sender?: string,
  mostLeft?: number,
): Promise<IncomingTree> {
  const id = sender === undefined ? undefined : partId(sender, 'directory', name)
  const part = await holdPart(directory, id, 'directory', mostLeft)
  try {
    return await onDisk(directory, async () => {
      if (!part.found) await mkdir(part.path, DIRECTORY_MODE)
      const pinned = await PinnedDirectory.open(part.path)
      return receiveInto(pinned, part, directory, safeName(name), attributes)
    })
  } catch (error) {
    part.forget()
    throw error
  }
}

function receiveInto(
  pinned: PinnedDirectory,
  part: Part,
  directory: string,
  name: string,
  attributes: FileAttributes,
): IncomingTree {
  const root = emptyNode(pinned.path, attributes)
  /** What was made or completed this time: never opened again, whatever name a file system takes for another. */
  const made = new Set<bigint>()
  const small = new SmallFiles(directory)
  let bytes = 0
  let touched = Date.now()

  const tree: IncomingTree = {
    directory: (path, attributes) =>
      onDisk(directory, async () => {
        const parent = parentOf(root, path)
        const name = path.at(-1) ?? ''
        if (parent.directories.has(name)) throw new CodecError('transfer, item: a directory that was there')
        pinned.check()
        const at = pathFor(parent, name, made, (stats) => stats.isDirectory())
        if (!at.found) mkdirSync(at.path, DIRECTORY_MODE)
        made.add(lstatSync(at.path, { bigint: true }).ino)
        parent.directories.set(name, emptyNode(at.path, attributes))
        await afterEntry()
      }),

    file: (path, size, attributes) =>
      onDisk(directory, async () => {
        const parent = parentOf(root, path)
        pinned.check()
        // What takes leftovers away looks at this time alone.
        const now = Date.now()
        if (now - touched >= TOUCH_MS) {
          touched = now
          await utimes(part.path, now / 1000, now / 1000)
        }
        const isSmall = size <= SMALL_BYTES
        // A small one comes whole or not at all: nothing is left of it to be resumed.
        const isResumed = (stats: Stats) => !isSmall && isOurs(stats, 'file')
        const at = pathFor(parent, path.at(-1) ?? '', made, isResumed)
        if (isSmall) {
          return small.sink(at.path, attributes, (inode, length) => {
            made.add(inode)
            bytes += length
          })
        }
        // In its place at once, since that place is not seen yet.
        const opened = await openForWriting(at.path, at.found, size, attributes)
        return sinkFor(directory, opened, {
          finish: async (file, length) => {
            made.add((await file.stat({ bigint: true })).ino)
            await setTime(file, attributes)
            await file.sync()
            await file.close()
            bytes += length
          },
          // What came of it stays: it counts for nothing before its hash has been seen to be right.
          abandon: async (_, length) => {
            bytes += length
          },
        })
      }),

    finish: () =>
      onDisk(directory, async () => {
        pinned.check()
        await small.synced()
        await settle(directory, root)
        pinned.check()
        const path = await claimDirectory(part.path, directory, name)
        // Not before: by this time others see whether a part is a leftover.
        await pinned.setTime(path, attributes)
        await pinned.close()
        tree.saved = { path, already: false }
        part.forget()
      }),

    async abandon(why) {
      await small.synced().catch(() => {})
      await pinned.close().catch(() => {})
      await part.release(why === 'cut' && (part.found || bytes >= WORTH_KEEPING_BYTES))
    },
  }
  return tree
}

function parentOf(root: Node, path: readonly string[]): Node {
  let node: Node | undefined = root
  for (const name of path.slice(0, -1)) node = node?.directories.get(name)
  if (!node) throw new CodecError('transfer, item: in a directory that has not come')
  return node
}

/**
 * The path for an entry, under a name that no other entry has.
 *
 * @param isOf - whether what an earlier attempt left there is of the same kind; what is not is removed.
 */
function pathFor(
  parent: Node,
  given: string,
  made: ReadonlySet<bigint>,
  isOf: (stats: Stats) => boolean,
): { path: string; found: boolean } {
  const safe = safeName(given)
  for (;;) {
    const count = (parent.counts.get(fold(safe)) ?? 0) + 1
    parent.counts.set(fold(safe), count)
    const name = numberedBy(safe, count)
    if (parent.names.has(fold(name))) continue
    const path = join(parent.path, name)
    const there = lstatSync(path, { throwIfNoEntry: false })
    // This file system takes the name for that of something which came before.
    if (there && made.has(lstatSync(path, { bigint: true }).ino)) continue
    parent.names.set(fold(name), name)
    if (there && isOf(there)) return { path, found: true }
    if (there) rmSync(path, { recursive: true, force: true })
    return { path, found: false }
  }
}

const emptyNode = (path: string, attributes: FileAttributes): Node => ({
  path,
  attributes,
  directories: new Map(),
  names: new Map(),
  counts: new Map(),
})

// Upper case first: that makes SS of ß, and one of the two small sigmas.
const fold = (name: string) => name.normalize('NFC').toUpperCase().toLowerCase()

/** Takes away what an earlier attempt left that did not come this time, and sees to it that the names of the rest are on disk. */
async function settle(directory: string, node: Node): Promise<void> {
  const below = new Map([...node.directories.values()].map((child) => [child.path, child]))
  const names = new Set(node.names.values())
  let found = 0
  for (const name of await readdir(node.path)) {
    const path = join(node.path, name)
    const child = below.get(path)
    // HFS+ gives names back in another form.
    if (!names.has(name.normalize('NFC'))) await rm(path, { recursive: true, force: true })
    else {
      found++
      if (!child) continue
      await settle(directory, child)
      await setTime({ utimes: (atime, mtime) => lutimes(path, atime, mtime) }, child.attributes)
    }
  }
  // Another program has been at it, or the file system has kept a name of an earlier attempt.
  if (found !== names.size) throw notSaved(directory, 'what came of a directory is not all there')
  syncDirectory(node.path)
}
