/**
 * A directory of ours that is held while we work in it. A user who may write to its parent can rename ours, and put a
 * link in its place that leads to anything else we may write to. On Linux what is made in ours is made by way of the open directory,
 * whatever has its name; elsewhere it is looked at before each step, which makes that a matter of luck.
 */
import { type BigIntStats, constants, lstatSync } from 'node:fs'
import { type FileHandle, lstat, lutimes, open, stat } from 'node:fs/promises'
import type { FileAttributes } from '../lib/transfer/index.ts'
import { setTime } from './attributes.ts'
import { notSaved } from './errors.ts'

export class PinnedDirectory {
  /** By which what is in it is reached. */
  readonly path: string
  readonly #name: string
  readonly #file: FileHandle | undefined
  readonly #stats: BigIntStats

  private constructor(path: string, name: string, file: FileHandle | undefined, stats: BigIntStats) {
    this.path = path
    this.#name = name
    this.#file = file
    this.#stats = stats
  }

  /** @throws the error of the file system: there is none, it is a link, or another user's. */
  static async open(name: string): Promise<PinnedDirectory> {
    // Node opens no directories there.
    if (process.platform === 'win32') {
      return new PinnedDirectory(name, name, undefined, await lstat(name, { bigint: true }))
    }
    const file = await open(name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      const stats = await file.stat({ bigint: true })
      if (Number(stats.uid) !== process.getuid?.()) throw notSaved(name, 'it is not ours')
      const path = `/proc/self/fd/${file.fd}`
      const seen = await stat(path, { bigint: true }).catch(() => undefined)
      return new PinnedDirectory(seen && isSame(seen, stats) ? path : name, name, file, stats)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** @throws FileError `file_not_saved` when something else has its name. */
  check(): void {
    if (isSame(lstatSync(this.#name, { bigint: true }), this.#stats)) return
    throw notSaved(this.#name, 'something else was put in its place')
  }

  /** @param path - where it is now. */
  async setTime(path: string, attributes: FileAttributes): Promise<void> {
    await setTime(this.#file ?? { utimes: (atime, mtime) => lutimes(path, atime, mtime) }, attributes)
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}

const isSame = (a: BigIntStats, b: BigIntStats) => a.ino === b.ino && a.dev === b.dev
