/** A real terminal to type in and to look at. */
import { execFileSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { needs, runs } from './needs.ts'

export const hasTmux = () => runs('tmux', '-V')

export const withTmux = needs('tmux', hasTmux, 'apt-get install tmux')

const LOOK_INTERVAL_MS = 50
/** Far longer than any of this takes: a test that waits so long has failed. */
const SHOWS_LIMIT_MS = 30_000

interface Look {
  readonly all?: boolean
  readonly styles?: boolean
}

let opened = 0

/** One terminal of 80 columns and 24 rows, in a tmux server of its own. */
export class Terminal {
  readonly #socket: string

  constructor(name: string, command: string, env: NodeJS.ProcessEnv, cwd: string) {
    // Each has its own: a server that is still going away would take the next one's session with it.
    this.#socket = `symbolon-test-${process.pid}-${++opened}-${name}`
    const size = ['-x', '80', '-y', '24']
    // -f /dev/null: whatever the person who runs the tests has configured stays out.
    this.#tmux(['-f', '/dev/null', 'new-session', '-d', '-c', cwd, ...size, command], {
      ...env,
      TERM: 'xterm',
    })
  }

  /**
   * What the screen shows.
   *
   * @param options.all - with what has left it at the top; rows that the terminal itself broke are one.
   * @param options.styles - with the sequences that make colours.
   */
  screen({ all = false, styles = false }: Look = {}): string {
    return this.#tmux(['capture-pane', '-p', ...(styles ? ['-e'] : []), ...(all ? ['-J', '-S', '-'] : [])])
  }

  /** Another size: the terminal has it at once, the program hears of it a little later. */
  resize(columns: number, rows: number): void {
    this.#tmux(['resize-window', '-x', `${columns}`, '-y', `${rows}`])
  }

  type(text: string): void {
    this.#tmux(['send-keys', '-l', '--', text])
  }

  /** Bytes as they are, which need not be UTF-8. */
  typeBytes(...bytes: number[]): void {
    this.#tmux(['send-keys', '-H', ...bytes.map((byte) => byte.toString(16))])
  }

  /** A key by tmux's name: `Enter`, `C-c`, `C-d`, `BSpace`. */
  press(key: string): void {
    this.#tmux(['send-keys', key])
  }

  /**
   * Waits until the screen shows this. A screen has no events: it is looked at again and again.
   *
   * @throws with the screen, when it does not come within the limit.
   */
  async shows(pattern: RegExp, options: Look & { readonly limitMs?: number } = {}): Promise<string> {
    const { limitMs = SHOWS_LIMIT_MS } = options
    const late = AbortSignal.timeout(limitMs)
    let last = ''
    while (!late.aborted) {
      last = this.#look(options) ?? fail(`the terminal has ended without ${pattern}`, last)
      if (pattern.test(last)) {
        assert.match(last, pattern)
        return last
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS))
    }
    return fail(`the screen does not show ${pattern} within ${limitMs / 1000} s`, last)
  }

  close(): void {
    try {
      this.#tmux(['kill-server'])
    } catch {
      // It has ended with its last program.
    }
  }

  /** The screen, unless the terminal has ended with its program. */
  #look(options: Look): string | undefined {
    try {
      return this.screen(options)
    } catch {
      return undefined
    }
  }

  #tmux(args: string[], env: NodeJS.ProcessEnv = process.env): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  }
}

function fail(what: string, screen: string): never {
  throw new Error(`${what}; it showed last:\n${screen.trimEnd()}`)
}
