/** Programs as people run them: a process, what it says, how it ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A running program. */
export class Program {
  stdout = ''
  stderr = ''
  /** Resolves with the exit status, or with the name of the signal that ended it. */
  readonly exit: Promise<number | string>
  readonly child: ChildProcessWithoutNullStreams
  readonly #command: string
  readonly #watchers = new Set<() => void>()
  #ended = false

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv) {
    this.#command = [command, ...args].join(' ')
    this.child = spawn(command, args, { cwd: ROOT, env })
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text
        this.#changed()
      })
    }
    this.exit = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        this.#ended = true
        this.#changed()
        resolve(code ?? signal ?? 'lost')
      })
    })
    // A program that does not read its input is not at fault.
    this.child.stdin.on('error', () => {})
  }

  /** Gives it this on standard input, and the end of it. */
  input(text: string | Uint8Array = ''): this {
    this.child.stdin.end(text)
    return this
  }

  /** The first group of `pattern` in what it says on `stream`, as soon as it has said it. */
  says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this[stream])
        if (!match && !this.#ended) return
        this.#watchers.delete(look)
        const everything = `${this.stdout}\n${this.stderr}`
        try {
          assert.ok(match, new Error(`${this.#command}\nended without ${pattern}:\n${everything}`))
          resolve(match[1] ?? match[0])
        } catch (error) {
          reject(error)
        }
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** Waits for its end, which must be with this status. */
  async ends(status: number): Promise<this> {
    const exit = await this.exit
    assert.is(exit, status, `${this.#command}\nexit status ${exit}:\n${this.stdout}\n${this.stderr}`)
    return this
  }

  /**
   * What comes of something that this program and others bring about.
   *
   * @throws with all that the first of them said that ends before.
   */
  static meanwhile<T>(programs: readonly Program[], outcome: Promise<T>): Promise<T> {
    return Promise.race([outcome, ...programs.map((program) => program.#endsEarly())])
  }

  /** Asks it to stop, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (!this.#ended) this.child.kill(signal)
    return this.exit
  }

  async #endsEarly(): Promise<never> {
    const exit = await this.exit
    throw new Error(`${this.#command}\nended too early, exit status ${exit}:\n${this.stdout}\n${this.stderr}`)
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

/** Names the environment variable with the folder of what the runner has compiled: runner/compiled.ts. */
export const COMPILED = 'SYMBOLON_TEST_COMPILED'

/** What the runner has compiled of a file of this project, if it has. */
export function compiledFile(file: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = env[COMPILED]
  const compiled = folder && join(folder, relative(ROOT, resolve(ROOT, file)).replace(/\.ts$/, '.mjs'))
  return compiled && existsSync(compiled) ? compiled : undefined
}

/**
 * What Node is to be started with for a file of this project, such as `src/sender.ts`.
 *
 * @param file - its path, from the root of the project or absolute.
 */
export function nodeArguments(file: string, env?: NodeJS.ProcessEnv): string[] {
  const compiled = compiledFile(file, env)
  return compiled ? [compiled] : ['--import', 'tsx', file]
}

/** A command line for a shell, of one such as `src/sender.ts alice bob`. */
export function nodeCommand(line: string): string {
  const [file = '', ...rest] = line.split(' ')
  return [process.execPath, ...nodeArguments(file), ...rest].join(' ')
}

/** What Node has compiled of the tools is kept for their next start, by Node 22 and later. */
export function keepingCompiled(file: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const compiled = compiledFile(file)
  // One for each tool: of what they share, Node keeps what the first to run has called.
  return compiled ? { NODE_COMPILE_CACHE: `${compiled}.cache`, ...env } : env
}

/** One of this project's tools, such as `src/sender.ts`. */
export function startTool(file: string, args: string[], env: NodeJS.ProcessEnv): Program {
  return new Program(process.execPath, [...nodeArguments(file), ...args], keepingCompiled(file, env))
}

/** An environment in which the tools find nothing of the user who runs the tests, and write below `home` only. */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR']
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    HOME: home,
    XDG_CONFIG_HOME: `${home}/config`,
    XDG_DATA_HOME: `${home}/data`,
    XDG_STATE_HOME: `${home}/state`,
    NO_COLOR: '1',
  }
}
