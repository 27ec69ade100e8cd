/**
 * What travels of a file or a directory beside its content: whether its owner may run it, and when it was changed. Nothing else of its mode
 * does: what others sent is its owner's alone, whichever users could read it where it came from.
 */
import type { BigIntStats, Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { FileAttributes } from '../lib/transfer/index.ts'
import { FILE_MODE } from './claim.ts'

const OWNER_RUNS = 0o100
// Read once: to read it is to change it for a moment.
const umask = process.umask()

/** What is said of something that is sent. */
export function attributesOf(stats: Stats | BigIntStats): FileAttributes {
  const seconds = Math.floor(Number(stats.mtimeMs) / 1000)
  return {
    // Windows has no such bit.
    ...(process.platform !== 'win32' &&
      stats.isFile() &&
      Number(stats.mode) & OWNER_RUNS && { executable: true }),
    ...(seconds >= 0 && { modifiedAt: seconds }),
  }
}

/** The mode with which a file that comes is made. */
export function modeOf({ executable }: FileAttributes): number {
  return executable ? FILE_MODE | OWNER_RUNS : FILE_MODE
}

/** Sets the mode of a file of ours that was made for an earlier attempt. Where modes cannot be set it stays as it is. */
export async function setMode(file: FileHandle, attributes: FileAttributes): Promise<void> {
  await file.chmod(modeOf(attributes) & ~umask).catch(() => {})
}

/** Something with times: an open file, or what is asked for a path. */
interface Timed {
  utimes(atime: Date, mtime: Date): Promise<void>
}

/** When it was last changed, which is never to come; nothing where that is not known. */
export function timesOf({ modifiedAt }: FileAttributes): { atime: Date; mtime: Date } | undefined {
  if (modifiedAt === undefined) return undefined
  const now = Date.now()
  return { atime: new Date(now), mtime: new Date(Math.min(1000 * modifiedAt, now)) }
}

/** Sets when it was last changed. Where times cannot be set they stay as they are. */
export async function setTime(file: Timed | undefined, attributes: FileAttributes): Promise<void> {
  const times = timesOf(attributes)
  if (times) await file?.utimes(times.atime, times.mtime).catch(() => {})
}
