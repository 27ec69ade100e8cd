/**
 * A directory that is coming from somebody: nobody sees any of it before all of it is here.
 *
 * @module
 */
import { constants, type Stats } from 'node:fs'
import { lstat, lutimes, mkdir, open, readdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { CodecError } from '../lib/errors.ts'
import type { SavedFile } from '../lib/paths.ts'
import type { Abandoned, Attributes, FileSink, TreeSink } from '../lib/transfer/index.ts'
import { setTime } from './attributes.ts'
import { claimDirectory, DIRECTORY_MODE } from './claim.ts'
import { openForWriting, sinkFor } from './incoming.ts'
import { notSaved, onDisk, statsOf } from './on-disk.ts'
import { holdPart, isOurs, type Part, partId, WORTH_KEEPING_BYTES } from './parts.ts'
import { PinnedDirectory } from './pinned-directory.ts'
import { syncDirectory } from './private-files.ts'
import { numberedBy, safeName } from './safe-name.ts'

/** How often we say that we are still at work, to those who take leftovers away. */
const TOUCH_MS = 60 * 1000

/** A directory of ours, as far as it has come this time. */
interface Node {
  readonly path: string
  readonly attributes: Attributes
  /** By what their sender calls them. */
  readonly directories: Map<string, Node>
  /** The names that are taken here, as file systems compare them that do not tell a from A. */
  readonly folded: Set<string>
  /** The same, as they are. */
  readonly names: Set<string>
  /** How many of a name there have been. */
  readonly counts: Map<string, number>
}

export class IncomingTree implements TreeSink {
  /** Where it is, once it is finished. */
  saved: SavedFile | undefined
  readonly #directory: string
  readonly #name: string
  readonly #part: Part
  readonly #held: PinnedDirectory
  readonly #root: Node
  /** What was made or completed this time: never opened again, whatever name a file system takes for another. */
  readonly #made = new Set<bigint>()
  #bytes = 0
  #touched = Date.now()

  private constructor(
    directory: string,
    name: string,
    part: Part,
    held: PinnedDirectory,
    attributes: Attributes,
  ) {
    this.#directory = directory
    this.#name = name
    this.#part = part
    this.#held = held
    this.#root = emptyNode(held.path, attributes)
  }

  /**
   * Makes a directory that has no name yet, or takes what an earlier attempt left of it.
   *
   * @param directory - an existing one.
   * @param item.name - its sender's, anything at all.
   * @param sender - who it is from. What comes is then kept when it is cut, and gone on with when it is sent again.
   * @param mostLeft - as for `holdPart`.
   * @throws FileError `file_not_saved`.
   */
  static async open(
    directory: string,
    { name, ...attributes }: Attributes & { readonly name: string },
    sender?: string,
    mostLeft?: number,
  ): Promise<IncomingTree> {
    const id = sender === undefined ? undefined : partId(sender, 'directory', name)
    const part = await holdPart(directory, id, 'directory', mostLeft)
    try {
      if (!part.found) await onDisk(directory, () => mkdir(part.path, DIRECTORY_MODE))
      const held = await onDisk(directory, () => PinnedDirectory.open(part.path))
      return new IncomingTree(directory, safeName(name), part, held, attributes)
    } catch (error) {
      part.forget()
      throw error
    }
  }

  async directory(path: readonly string[], attributes: Attributes = {}): Promise<void> {
    const parent = this.#parentOf(path)
    const name = path.at(-1) ?? ''
    if (parent.directories.has(name)) throw new CodecError('transfer, item: a directory that was there')
    await this.#onDisk(async () => {
      await this.#held.check()
      const at = await this.#place(parent, name, (stats) => stats.isDirectory())
      if (!at.found) await mkdir(at.path, DIRECTORY_MODE)
      this.#made.add(await inodeOf(at.path))
      parent.directories.set(name, emptyNode(at.path, attributes))
    })
  }

  async file(path: readonly string[], size: number, attributes: Attributes = {}): Promise<FileSink> {
    const parent = this.#parentOf(path)
    return this.#onDisk(async () => {
      await this.#held.check()
      await this.#touch()
      const at = await this.#place(parent, path.at(-1) ?? '', (stats) => isOurs(stats, 'file'))
      // In its place at once, since that place is not seen yet.
      const opened = await openForWriting(at.path, at.found, size, attributes)
      return sinkFor(this.#directory, opened, {
        finish: async (file, length) => {
          this.#made.add((await file.stat({ bigint: true })).ino)
          await setTime(file, attributes)
          await file.close()
          this.#bytes += length
        },
        // What came of it stays: it counts for nothing before its hash has been seen to be right.
        abandon: async (_, length) => {
          this.#bytes += length
        },
      })
    })
  }

  async finish(): Promise<void> {
    this.saved = await this.#onDisk(async () => {
      await this.#held.check()
      await settle(this.#directory, this.#root)
      await this.#held.check()
      const path = await claimDirectory(this.#part.path, this.#directory, this.#name)
      // Not before: by this time others see whether a part is a leftover.
      await this.#held.setTime(path, this.#root.attributes)
      await this.#held.close()
      return { path, already: false }
    })
    this.#part.forget()
  }

  async abandon(why: Abandoned): Promise<void> {
    await this.#held.close().catch(() => {})
    await this.#part.release(why === 'cut' && (this.#part.found || this.#bytes >= WORTH_KEEPING_BYTES))
  }

  #onDisk<T>(act: () => Promise<T>): Promise<T> {
    return onDisk(this.#directory, act)
  }

  #parentOf(path: readonly string[]): Node {
    let node: Node | undefined = this.#root
    for (const name of path.slice(0, -1)) node = node?.directories.get(name)
    if (!node) throw new CodecError('transfer, item: in a directory that has not come')
    return node
  }

  /**
   * The path for an entry, under a name that is nobody else's.
   *
   * @param isOf - whether what an earlier attempt left there is of the same kind; what is not is removed.
   */
  async #place(
    parent: Node,
    given: string,
    isOf: (stats: Stats) => boolean,
  ): Promise<{ path: string; found: boolean }> {
    const safe = safeName(given)
    for (;;) {
      const count = (parent.counts.get(fold(safe)) ?? 0) + 1
      parent.counts.set(fold(safe), count)
      const name = numberedBy(safe, count)
      if (parent.folded.has(fold(name))) continue
      const path = join(parent.path, name)
      const there = await statsOf(path)
      // This file system takes the name for that of something which came before.
      if (there && this.#made.has(await inodeOf(path))) continue
      parent.folded.add(fold(name))
      parent.names.add(name)
      if (there && isOf(there)) return { path, found: true }
      if (there) await rm(path, { recursive: true, force: true })
      return { path, found: false }
    }
  }

  // Who takes leftovers away looks at this time alone.
  async #touch(): Promise<void> {
    const now = Date.now()
    if (now - this.#touched < TOUCH_MS) return
    this.#touched = now
    await utimes(this.#part.path, now / 1000, now / 1000)
  }
}

const emptyNode = (path: string, attributes: Attributes): Node => ({
  path,
  attributes,
  directories: new Map(),
  folded: new Set(),
  names: new Set(),
  counts: new Map(),
})

// Upper case first: that makes SS of ß, and one of the two small sigmas.
const fold = (name: string) => name.normalize('NFC').toUpperCase().toLowerCase()

async function inodeOf(path: string): Promise<bigint> {
  return (await lstat(path, { bigint: true })).ino
}

/** Takes away what an earlier attempt left that did not come this time, and sees to it that the rest is on disk. */
async function settle(directory: string, node: Node): Promise<void> {
  const below = new Map([...node.directories.values()].map((child) => [child.path, child]))
  let found = 0
  for (const name of await readdir(node.path)) {
    const path = join(node.path, name)
    const child = below.get(path)
    // HFS+ gives names back in another form.
    if (!node.names.has(name.normalize('NFC'))) await rm(path, { recursive: true, force: true })
    else {
      found++
      if (child) {
        await settle(directory, child)
        await setTime({ utimes: (atime, mtime) => lutimes(path, atime, mtime) }, child.attributes)
      } else await sync(path)
    }
  }
  // Somebody has been at it, or the file system has kept a name of an earlier attempt.
  if (found !== node.names.size) throw notSaved(directory, 'what came of a directory is not all there')
  syncDirectory(node.path)
}

async function sync(path: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
