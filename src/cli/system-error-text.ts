/** The one place where what the operating system refuses becomes words for a person, with what to do next. */
import { isSystemError, type SystemError, systemReason } from '../lib/system-errors.ts'
import { EXIT, ToolError } from './errors.ts'

/** What was asked of the system, where its own word for that is none of ours. */
const ACTS: Readonly<Record<string, string>> = {
  access: 'look at',
  bind: 'listen at',
  chmod: 'change the mode of',
  connect: 'connect to',
  copyfile: 'copy',
  fstat: 'look at',
  fsync: 'write to',
  getaddrinfo: 'find',
  link: 'make',
  listen: 'listen at',
  lstat: 'look at',
  mkdir: 'make the directory',
  mkdtemp: 'make the directory',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove',
  scandir: 'list',
  spawn: 'start',
  stat: 'look at',
  statfs: 'look at',
  unlink: 'remove',
  write: 'write to',
}

/** Refused for now: the same may work later. */
const TRY_LATER = new Set([
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'ETIMEDOUT',
  'ETXTBSY',
])

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'see who may read and write there, and in the directories above: ls -ld',
  EDQUOT: 'make room, and try again',
  EEXIST: 'name another place, or move what is there away',
  EISDIR: 'name a file',
  ELOOP: 'check the path',
  EMFILE: 'allow more, and try again: ulimit -n 1024',
  ENAMETOOLONG: 'check the path',
  ENFILE: 'end other programs, and try again',
  ENOENT: 'check the path',
  ENOSPC: 'make room, and try again',
  ENOTDIR: 'check the path',
  EPERM: 'see who may read and write there, and in the directories above: ls -ld',
  EROFS: 'name a place that can be written to',
}

const WHERE_WE_KEEP_THINGS =
  'XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_DATA_HOME say where else to keep what the tools keep'

/** An error of the operating system in words; any other as it is. @returns a ToolError whose exit status says whether to try later. */
export function inWords(error: unknown): unknown {
  if (!isSystemError(error)) return error
  const { code } = error
  const exitCode = TRY_LATER.has(code) ? EXIT.tryLater : EXIT.failed
  const { message, hint = HINTS[code] } = wordsOf(error)
  return new ToolError(message, { hint, exitCode, cause: error })
}

function wordsOf(error: SystemError): { message: string; hint?: string } {
  const { code, syscall = '', path, dest } = error
  if (syscall === 'uv_cwd') {
    const message = 'the directory that this was started in is gone'
    return { message, hint: 'change to one that is there: cd' }
  }
  const act = ACTS[syscall] ?? (/^[a-z]+$/.test(syscall) ? syscall : 'do that')
  const what = syscall === 'rename' || syscall === 'link' ? (dest ?? path) : path
  const object = what === undefined ? act.replace(/ (to|at)$/, '') : `${act} ${what}`
  const why = syscall === 'mkdir' && code === 'EEXIST' ? 'a file has that name' : systemReason(code)
  const message = `cannot ${object}: ${why}`
  // No person has named such a path. Directories on the way there are made with it.
  const isOurs = ourPlaces().some(
    (place) => what?.startsWith(place) || (syscall === 'mkdir' && place.startsWith(`${what}/`)),
  )
  return isOurs && !TRY_LATER.has(code) ? { message, hint: WHERE_WE_KEEP_THINGS } : { message }
}

/** Where the tools keep things of themselves. */
function ourPlaces(): string[] {
  const { HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME } = process.env
  const below = HOME ? ['.config', '.local/state', '.local/share'].map((place) => `${HOME}/${place}`) : []
  const places = [XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME, ...below]
  return places.filter((place) => place).map((place) => `${place}/symbolon`)
}
