/**
 * A student's command, in whatever language: each run is a process group of its own, which ends with everything that it started.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

/** More than any of the long texts takes, every character of it escaped. */
const MAX_PRINTED_CHARS = 4 * 1024 * 1024
/** For what was still on its way when a process ended. */
const LAST_WORDS_MS = 500
const isWindows = process.platform === 'win32'
/** By this variable what has left its process group is found. */
const MARK = 'SYMBOLON_GRADING'

/** How a run ended. */
export interface Ran {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly printsWithoutEnd: boolean
  /** When it could not even be started: why. */
  readonly notStarted?: string
}

/** One run. */
export interface Running {
  /** What it has printed so far. */
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<Ran>
}

/** Runs a command, as often as is asked. */
export class Command {
  readonly #argv: readonly string[]
  readonly #folder: string
  readonly #running = new Map<ChildProcess, Promise<Ran>>()
  readonly #mark = randomUUID()

  /** @param folder - where it is run. */
  constructor(argv: readonly string[], folder: string) {
    this.#argv = argv
    this.#folder = folder
    process.once('exit', this.#killAll)
  }

  run(args: readonly string[], env: Readonly<Record<string, string>>, input: string): Running {
    const [file = '', ...first] = this.#argv
    const child = spawn(file, [...first, ...args], {
      cwd: this.#folder,
      env: { ...process.env, ...env, [MARK]: this.#mark },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, by which all of it is ended.
      detached: !isWindows,
    })
    child.stdin.on('error', () => {}).end(input)
    const printed = { stdout: '', stderr: '' }
    let isTooMuch = false
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text.slice(0, MAX_PRINTED_CHARS - printed[name].length)
        if (printed[name].length < MAX_PRINTED_CHARS || isTooMuch) return
        isTooMuch = true
        kill(child)
      })
    }
    const ended = this.#end(child).then(([status, signal, notStarted]) => ({
      status,
      signal,
      ...printed,
      printsWithoutEnd: isTooMuch,
      ...(notStarted !== undefined && { notStarted }),
    }))
    this.#running.set(child, ended)
    return {
      get stdout() {
        return printed.stdout
      },
      get stderr() {
        return printed.stderr
      },
      ended,
    }
  }

  async #end(child: ChildProcess): Promise<[number | null, string | null, string?]> {
    const closed = once(child, 'close').catch(() => undefined)
    try {
      const [status, signal] = await once(child, 'exit')
      kill(child)
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, LAST_WORDS_MS)
      })
      await Promise.race([closed, late])
      clearTimeout(timer)
      return [status, signal]
    } catch (error) {
      return [null, null, error instanceof Error ? error.message : String(error)]
    } finally {
      for (const stream of child.stdio) stream?.destroy()
      this.#running.delete(child)
    }
  }

  /** Ends all runs, and whatever they have started. */
  async endAll(): Promise<void> {
    const running = [...this.#running.values()]
    this.#killAll()
    await Promise.all(running)
  }

  /** Nothing is run any more. */
  async close(): Promise<void> {
    await this.endAll()
    process.off('exit', this.#killAll)
  }

  readonly #killAll = (): void => {
    for (const child of this.#running.keys()) kill(child)
    for (const pid of withMark(`${MARK}=${this.#mark}`)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    if (isWindows) spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' })
    else process.kill(-pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}

/** The processes that have this in their environment, where that can be seen: on Linux. */
function withMark(mark: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').includes(mark)
      } catch {
        return false
      }
    })
    .map(Number)
}
