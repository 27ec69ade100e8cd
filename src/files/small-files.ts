/**
 * Small files of a directory that is being received. Each is made, written and given its time in one go: of ten thousand, a turn of a
 * thread for each of these steps costs more than the steps. Only to have them on disk takes long; that goes on while others come.
 */
import { closeSync, fstatSync, fsync, futimesSync, openSync, writeSync } from 'node:fs'
import { type FileAttributes, type FileSink, SMALL_BYTES } from '../lib/transfer/index.ts'
import { modeOf, timesOf } from './attributes.ts'
import { onDisk } from './errors.ts'
import { afterEntry } from './turns.ts'

/** So many may be on their way to the disk. */
const MOST_SYNCING = 64

export class SmallFiles {
  readonly #directory: string
  /** What has come of one: they come one after the other. */
  #content: Uint8Array | undefined
  readonly #syncing = new Set<Promise<void>>()
  #error: unknown

  /** @param directory - for errors. */
  constructor(directory: string) {
    this.#directory = directory
  }

  /** @param path - where nothing is. @param onMade - hears its inode, and how long it is. */
  sink(path: string, attributes: FileAttributes, onMade: (inode: bigint, length: number) => void): FileSink {
    this.#content ??= new Uint8Array(SMALL_BYTES)
    const content = this.#content
    let length = 0
    return {
      copies: true,
      start: async () => {},
      write: (piece) => {
        content.set(piece, length)
        length += piece.length
        return undefined
      },
      finish: () =>
        onDisk(this.#directory, async () => {
          if (this.#error !== undefined) throw this.#error
          onMade(this.#make(path, content.subarray(0, length), attributes), length)
          if (this.#syncing.size >= MOST_SYNCING) await Promise.race(this.#syncing)
          await afterEntry(length)
        }),
      abandon: async () => {},
    }
  }

  /** Waits until all are on disk. @throws the error of the file system, of any of them. */
  async synced(): Promise<void> {
    await Promise.all(this.#syncing)
    if (this.#error !== undefined) throw this.#error
  }

  /** @returns the inode. */
  #make(path: string, content: Uint8Array, attributes: FileAttributes): bigint {
    const file = openSync(path, 'wx', modeOf(attributes))
    try {
      // A disk that becomes full takes less than it is given, and then nothing.
      for (let written = 0; written < content.length; ) written += writeSync(file, content, written)
      const times = timesOf(attributes)
      try {
        if (times) futimesSync(file, times.atime, times.mtime)
      } catch {
        // Where times cannot be set they stay as they are.
      }
      const { ino } = fstatSync(file, { bigint: true })
      this.#sync(file)
      return ino
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  #sync(file: number): void {
    const syncing = new Promise<void>((resolve) => {
      fsync(file, (error) => {
        this.#error ??= error ?? undefined
        try {
          closeSync(file)
        } catch (closing) {
          this.#error ??= closing
        }
        this.#syncing.delete(syncing)
        resolve()
      })
    })
    this.#syncing.add(syncing)
  }
}
