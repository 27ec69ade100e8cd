/**
 * One test file, in a process of its own, with a limit for each of its steps.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compiledFile, nodeArguments } from '../helpers/program.ts'
import type { Message } from './messages.ts'
import { type End, type Skip, Tally } from './tally.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const WINDOWS = process.platform === 'win32'
/** Of what a file prints, the end. */
const MAX_OUTPUT = 1_000_000
/** How long a process that is over may leave its output open: one that has left its group may hold it. */
const CLOSE_MS = 5_000

export interface RunOptions {
  /** From where, and relative to which, the file is run. */
  readonly root: string
  /** Seconds for each step, as `spend` counts them: until its first test, each test, after its last. */
  readonly limitSec: number
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Who runs it, when somebody else than we. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** Hears of every step. */
  readonly onStep?: (() => void) | undefined
}

/** What came of a file. */
export interface Outcome {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly Skip[]
  readonly problems: readonly string[]
  readonly output: string
  readonly seconds: number
}

export class FileRun {
  readonly file: string
  readonly outcome: Promise<Outcome>
  readonly #child: ChildProcess
  readonly #options: RunOptions
  readonly #tally = new Tally()
  readonly #begun = performance.now()
  #output = ''
  #stepSec = 0
  #isLate = false

  constructor(file: string, options: RunOptions) {
    this.file = file
    this.#options = options
    const compiled = compiledFile(resolve(options.root, file), options.env)
    const program = compiled
      ? ['--enable-source-maps', ...nodeArguments(CHILD, options.env), file, pathToFileURL(compiled).href]
      : ['--import', import.meta.resolve('tsx'), CHILD, file]
    this.#child = spawn(process.execPath, program, {
      cwd: options.root,
      env: { ...process.env, ...options.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // The leader of a group, which is ended with whatever it has started.
      detached: !WINDOWS,
      windowsHide: true,
      ...options.user,
    })
    this.outcome = this.#run()
  }

  /** Seconds since it was started. */
  get seconds(): number {
    return (performance.now() - this.#begun) / 1000
  }

  /** What it is at, for people. */
  get now(): string {
    return this.#tally.now
  }

  /** So many seconds have passed for it. When they are too many for its step, it is ended. */
  spend(seconds: number): void {
    this.#stepSec += seconds
    if (this.#stepSec < this.#options.limitSec || this.#isLate) return
    this.#isLate = true
    this.#tally.hangs(this.#options.limitSec)
    this.kill()
  }

  /** Ends it, and what it has started. */
  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    if (WINDOWS) {
      spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
      return
    }
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // None of it is left.
    }
  }

  async #run(): Promise<Outcome> {
    const child = this.#child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT)
      })
    }
    child.on('message', (message) => {
      this.#tally.note(message as Message)
      this.#stepSec = 0
      this.#options.onStep?.()
    })
    const closed = Promise.all([once(child, 'close'), once(child, 'disconnect')]).catch(() => {})
    const end = await this.#end()
    this.kill()
    await settledWithin(closed, CLOSE_MS)
    child.stdout?.destroy()
    child.stderr?.destroy()
    const { skipped, passed } = this.#tally
    const { failed, problems } = this.#tally.judge(end)
    return { file: this.file, passed, failed, skipped, problems, output: this.#output, seconds: this.seconds }
  }

  #end(): Promise<End> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#output += `${error.message}\n`
        resolve(1)
      })
      this.#child.once('exit', (status, signal) => resolve(status ?? signal ?? 1))
    })
  }
}

async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}
