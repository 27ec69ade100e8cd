/**
 * Parts: what is coming and not yet whole, hidden beside what is whole. docs/decisions/0014-transfer.md says why they are held so.
 *
 * `.symbolon-<id>.part` is free: a program that asks for this id may resume it. It renames it first to a name of its own,
 * `.symbolon-<id>-<machine>-<pid>-<random>.part`: of two, one succeeds. A part with such a name is its holder's for as long as that
 * process lives, so that after a kill the part is free without having been freed. An id is 16 hexadecimal digits for the sender and
 * 16 for what is sent; or 16 random ones, of what is not resumed.
 */
import { createHash, randomBytes } from 'node:crypto'
import { constants, lstatSync, readlinkSync, rmSync, type Stats } from 'node:fs'
import { access, lstat, readdir, rename, rm, statfs, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { notSaved, onDisk, statsOf } from './errors.ts'

const PART = /^\.symbolon-((?:[0-9a-f]{16}){1,2})(?:-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{8})?\.part$/
const ID_DIGITS = 16
const LEFTOVER_MS = 24 * 60 * 60 * 1000
/** Directories are looked through for leftovers this often, while files are saved in them. */
const TIDY_MS = 60 * 1000
/** Less is sooner sent again than kept. */
export const WORTH_KEEPING_BYTES = 1024 * 1024

/** Most parts of one sender that are left in a directory, to be resumed. */
export const MOST_LEFT = 10
/** How much may be in all of these, if nothing else is said. */
const MOST_LEFT_BYTES = 1e9

/**
 * The id of the part of something that a sender sends: the same thing sent again finds what came of it the first time. It is keyed by
 * the sender, because a sender is told the hash of what is here of it: that must be what they have sent themselves.
 */
export function partId(sender: string, kind: 'file' | 'directory', name: string, size?: number): string {
  const about = JSON.stringify(['symbolon part', sender, kind, name, size ?? null])
  return `${digits(JSON.stringify(['symbolon sender', sender]))}${digits(about)}`
}

const digits = (about: string) => createHash('sha256').update(about).digest('hex').slice(0, ID_DIGITS)

/**
 * A part for us alone; that of an earlier attempt, if there is one that no program is at work on.
 *
 * @param id - nothing for a part that is not resumed.
 * @param mostLeft - how many bytes may be left of what its sender has sent. Where it is more, or more than `MOST_LEFT` parts, what has not
 *   been written to for longest is taken away; never the last part.
 * @returns where there is, or may be made, what is coming.
 * @throws FileError `file_not_saved`.
 */
export async function holdPart(
  directory: string,
  id: string | undefined,
  kind: 'file' | 'directory',
  mostLeft: number = MOST_LEFT_BYTES,
): Promise<Part> {
  if (id === undefined) {
    // Among many files it takes longer than it takes to save one.
    if (Date.now() - (tidied.get(resolve(directory)) ?? 0) > TIDY_MS) await tidy(directory)
    // Said now rather than when all has come.
    await onDisk(directory, () => access(directory, constants.W_OK | constants.X_OK))
    return new Part(join(directory, `.symbolon-${randomBytes(8).toString('hex')}.part`), undefined)
  }
  const names = await tidy(directory)
  const left = { directory, id, mostLeft }
  // Before the name is there, so that it is not taken for abandoned.
  const part = new Part(ownPath(directory, id), left)
  for (const name of names) {
    if (PART.exec(name)?.[1] !== id || !isAbandoned(directory, name)) continue
    if (await take(join(directory, name), part.path, kind)) {
      part.found = true
      break
    }
  }
  // What was killed has left some of its own.
  await removeSurplus(left)
  return part
}

/** A name that no other program gives to a part. */
function ownPath(directory: string, id: string): string {
  const mark = `${machine()}-${process.pid}-${randomBytes(4).toString('hex')}`
  return join(directory, `.symbolon-${id}-${mark}.part`)
}

/** @throws FileError `file_not_saved` where there is no room for so much. */
export async function requireRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize, blocks } = await onDisk(directory, () => statfs(directory))
  // Some file systems do not say.
  if (blocks > 0 && bavail * bsize < bytes) throw notSaved(directory, 'there is not enough room')
}

/** Whether something is ours alone: made by us, and, if it is a file, known under no other name. */
export function isOurs(stats: Stats, kind: 'file' | 'directory'): boolean {
  if (stats.uid !== (process.getuid?.() ?? stats.uid)) return false
  // A part with a second name was killed when it had just become whole: that name must not be written to.
  if (kind === 'file') return stats.isFile() && stats.nlink === 1
  return stats.isDirectory() && (process.platform === 'win32' || (stats.mode & 0o077) === 0)
}

/** @returns whether it is ours now. */
async function take(from: string, to: string, kind: 'file' | 'directory'): Promise<boolean> {
  const stats = await statsOf(from).catch(() => undefined)
  if (!stats || !isOurs(stats, kind)) return false
  try {
    await rename(from, to)
    return true
  } catch {
    // Another was faster.
    return false
  }
}

// --- who holds what ---

const held = new Map<string, Part>()

/** Where a part is left, to be resumed. */
interface Resumable {
  readonly directory: string
  readonly id: string
  readonly mostLeft: number
}

/** What is not whole yet, and held by us alone. */
export class Part {
  readonly path: string
  /** Whether an earlier attempt left something there. */
  found = false
  readonly #left: Resumable | undefined

  constructor(path: string, left: Resumable | undefined) {
    this.path = path
    this.#left = left
    held.set(resolve(path), this)
  }

  /** It is something else now, or nothing. */
  forget(): void {
    held.delete(resolve(this.path))
  }

  /** Takes it away, or leaves it to be resumed, if it is worth that. */
  async release(keep: boolean): Promise<void> {
    try {
      const stats = await statsOf(this.path)
      if (!stats) return
      if (!this.#left || !keep || !isWorthKeeping(stats)) {
        await rm(this.path, { force: true, recursive: true })
        return
      }
      const free = join(this.#left.directory, `.symbolon-${this.#left.id}.part`)
      const there = await statsOf(free)
      // Of two attempts the one that came further.
      if (there?.isFile() && there.size > stats.size) await rm(this.path, { force: true })
      else await rename(this.path, free).catch(() => {})
      await removeSurplus(this.#left)
    } catch {
      // It is taken away after a day.
    } finally {
      this.forget()
    }
  }

  /** For the end of the process: nothing can be waited for. */
  endNow(): void {
    const stats = lstatSync(this.path, { throwIfNoEntry: false })
    if (stats && !(this.#left && isWorthKeeping(stats))) rmSync(this.path, { force: true, recursive: true })
  }
}

// A directory knows itself whether much has come.
function isWorthKeeping(stats: Stats): boolean {
  return stats.isDirectory() || stats.size >= WORTH_KEEPING_BYTES
}

// --- how much is left ---

/** Takes away what one sender has left and not resumed, where it is too much. What is being worked on stays. */
async function removeSurplus({ directory, id, mostLeft }: Resumable): Promise<void> {
  const sender = id.slice(0, ID_DIGITS)
  const parts: { path: string; stats: Stats }[] = []
  for (const name of await readdir(directory).catch(() => [])) {
    const of = PART.exec(name)?.[1]
    if (of?.length !== 2 * ID_DIGITS || !of.startsWith(sender) || !isAbandoned(directory, name)) continue
    const path = join(directory, name)
    const stats = await lstat(path).catch(() => undefined)
    if (stats) parts.push({ path, stats })
  }
  if (parts.length < 2) return
  parts.sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs)
  let bytes = 0
  for (const [index, { path, stats }] of parts.entries()) {
    bytes += stats.isDirectory() ? await bytesIn(path) : stats.size
    if (index === 0 || (index < MOST_LEFT && bytes <= mostLeft)) continue
    // By a name of our own: another program may be about to resume it.
    const surplus = new Part(ownPath(directory, id), undefined)
    await take(path, surplus.path, stats.isDirectory() ? 'directory' : 'file')
    await surplus.release(false)
  }
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name)
    bytes += entry.isDirectory()
      ? await bytesIn(path)
      : ((await lstat(path).catch(() => undefined))?.size ?? 0)
  }
  return bytes
}

// Ended by a signal, or by a second Ctrl+C, a tool does not come to its `finally`.
process.on('exit', () => {
  for (const part of held.values()) {
    try {
      part.endNow()
    } catch {}
  }
})

function isAbandoned(directory: string, name: string): boolean {
  const [, , where, pid] = PART.exec(name) ?? []
  if (pid === undefined) return !isHeldHere(directory, name)
  // It cannot be told from here which processes live on another machine, or in another container.
  if (where !== machine()) return false
  // What has our number and is not held here is that of an earlier process.
  if (Number(pid) === process.pid) return !isHeldHere(directory, name)
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

const isHeldHere = (directory: string, name: string) => held.has(resolve(directory, name))

let ourMachine: string | undefined

/** Where a process id means the same process as here. */
function machine(): string {
  if (ourMachine === undefined) {
    let namespace = ''
    try {
      namespace = readlinkSync('/proc/self/ns/pid')
    } catch {
      // Only Linux has them.
    }
    const about = JSON.stringify([hostname(), namespace])
    ourMachine = createHash('sha256').update(about).digest('hex').slice(0, 8)
  }
  return ourMachine
}

const tidied = new Map<string, number>()

/**
 * Takes away what a tool left that was killed, or whose machine stopped: nothing has been written to it for long.
 *
 * @returns what is in the directory.
 */
async function tidy(directory: string): Promise<string[]> {
  const names = await onDisk(directory, () => readdir(directory))
  tidied.set(resolve(directory), Date.now())
  const before = Date.now() - LEFTOVER_MS
  for (const name of names) {
    if (!PART.test(name) || isHeldHere(directory, name)) continue
    const path = join(directory, name)
    const stats = await lstat(path).catch(() => undefined)
    if (!stats || stats.mtimeMs >= before) continue
    // It may be another's, in a directory that is shared.
    if (stats.isFile()) await unlink(path).catch(() => {})
    else if (isOurs(stats, 'directory')) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
  return names
}
