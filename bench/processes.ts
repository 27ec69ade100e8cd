/**
 * The processes and directories of a benchmark: all gone when it ends, also when it is interrupted.
 *
 * @module
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** The checkout. */
export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/** What the operating system counts a process's time in: a hundredth of a second, on every Linux. */
const TICK_US = 10_000
/** How long a process that is to stop has for it. */
const STOP_TIMEOUT_MS = 3000

const children = new Set<ChildProcess>()
const directories = new Set<string>()

/** A new directory, gone at the end. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'symbolon-bench-'))
  directories.add(directory)
  return directory
}

/** Starts a process, in a group of its own, so that those it starts stop with it. */
export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const env = { ...process.env, ...options.env }
  for (const name of ['SYMBOLON_PASSWORD', 'SYMBOLON_KDC']) delete env[name]
  const child = spawn(command, args, { cwd: ROOT, detached: process.platform !== 'win32', ...options, env })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Starts one of our own TypeScript files, named from the checkout. */
export function startTs(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return start(process.execPath, ['--import', 'tsx', file, ...args], options)
}

/**
 * Puts one of our own TypeScript files, and what it imports of ours, into one of JavaScript, as `npm run build` does: the loader that
 * runs the sources stays in a process's memory, and every garbage collection goes through it.
 *
 * @returns its path. It is gone at the end.
 */
export function bundled(file: string): string {
  // Beside the sources, where what they name by its place is in the same place.
  const outfile = join(ROOT, 'bench', `.${file.replaceAll('/', '-')}.${process.pid}.mjs`)
  directories.add(outfile)
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Some packages are CommonJS, and require Node's own modules by name.
    banner: {
      js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);",
    },
    external: ['@photostructure/sqlite'],
    logLevel: 'error',
  })
  return outfile
}

/** Builds the tools. @returns the installed command's file. */
export function builtSymbolon(): string {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'build/run.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm run build: ${stderr}`)
  return join(ROOT, 'dist', 'bin', 'symbolon.mjs')
}

/** Waits until a process says on stderr what matches, and gives the first group. */
export function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let talk = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      talk += text
      const found = pattern.exec(talk)
      if (found) resolve(found[1] ?? found[0])
    })
    child.once('exit', () => reject(new Error(`it stopped: ${talk.trim()}`)))
  })
}

/** Waits until a process has ended well. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (status) => (status === 0 ? resolve() : reject(new Error(`exit status ${status}`))))
  })
}

/** Has a process, and those it started, stop. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  signal(child, 'SIGTERM')
  const late = setTimeout(() => signal(child, 'SIGKILL'), STOP_TIMEOUT_MS)
  await exit
  clearTimeout(late)
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, name)
    else child.kill(name)
  } catch {
    // It has ended in the meantime.
  }
}

/** Stops everything that was started and removes everything that was made. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...children].map(stop))
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
}

for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const) {
  process.once(name, () => cleanUp().finally(() => process.exit(128 + number)))
}

/**
 * The processor time that a process's threads have used so far, in microseconds; on Linux only. That of threads which have ended
 * is not in it.
 *
 * @returns NaN elsewhere.
 */
export function cpuTime(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  const threads = `/proc/${pid}/task`
  try {
    // Nanoseconds on a processor, nanoseconds waited for one, turns (Linux, Documentation/scheduler/sched-stats).
    const used = readdirSync(threads).map((thread) => readFileSync(`${threads}/${thread}/schedstat`, 'utf8'))
    return used.reduce((sum, stat) => sum + Number(stat.split(' ')[0]), 0) / 1000
  } catch {
    return coarseCpuTime(pid)
  }
}

/** The same where the kernel keeps no statistics of its scheduler: in steps of 10 ms. */
function coarseCpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold anything; utime and stime are fields 14 and 15, the third follows the name.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/** The memory a process occupies, in MiB; on Linux only. @returns NaN elsewhere. */
export function residentMemory(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
