/** A real terminal to type in and to look at. */
import { execFileSync } from 'node:child_process'
import { needs, runs } from './needs.ts'

export const withTmux = needs('tmux', () => runs('tmux', '-V'), 'apt-get install tmux')

/** One terminal of 80 columns and 24 rows, in a tmux server of its own. */
export class Terminal {
  readonly #socket: string

  constructor(name: string, command: string, env: NodeJS.ProcessEnv, cwd: string) {
    this.#socket = `symbolon-test-${process.pid}-${name}`
    const size = ['-x', '80', '-y', '24']
    // -f /dev/null: whatever the person who runs the tests has configured stays out.
    this.#tmux(['-f', '/dev/null', 'new-session', '-d', '-c', cwd, ...size, command], {
      ...env,
      TERM: 'xterm',
    })
  }

  /** What the screen shows. */
  screen(): string {
    return this.#tmux(['capture-pane', '-p'])
  }

  type(text: string): void {
    this.#tmux(['send-keys', '-l', '--', text])
  }

  /** A key by tmux's name: `Enter`, `C-c`, `C-d`, `BSpace`. */
  press(key: string): void {
    this.#tmux(['send-keys', key])
  }

  /** Waits until the screen shows this. A screen has no events: it is looked at again and again. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const screen = this.screen()
      if (pattern.test(screen)) return screen
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  close(): void {
    try {
      this.#tmux(['kill-server'])
    } catch {
      // It has ended with its last program.
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
