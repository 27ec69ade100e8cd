/**
 * A terminal on which one types while others' lines come in: readline, printing above what is being typed.
 *
 * @module
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import { print } from './terminal.ts'

/** The terminal of a conversation. */
export class Conversation {
  readonly #readline: Interface
  #closed = false

  /**
   * @param onLine - called with each line typed.
   * @param onEnd - called once, when the person presses Ctrl+D or Ctrl+C.
   */
  constructor(prompt: string, onLine: (line: string) => void, onEnd: () => void) {
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      historySize: 100,
    })
    this.#readline.on('line', (line) => {
      onLine(line)
      if (!this.#closed) this.#readline.prompt()
    })
    this.#readline.on('SIGINT', () => this.#readline.close())
    this.#readline.on('close', () => {
      if (this.#closed) return
      this.#closed = true
      process.stdout.write('\n')
      onEnd()
    })
    this.#readline.prompt()
  }

  /** Whether something has been typed that is not sent yet. */
  get typing(): boolean {
    return this.#readline.line.length > 0
  }

  /** Shows another prompt. */
  setPrompt(prompt: string): void {
    if (this.#closed || this.#readline.getPrompt() === prompt) return
    this.#readline.setPrompt(prompt)
    this.#readline.prompt(true)
  }

  /** Prints one line or several above the one being typed. */
  readonly print = (lines: string): Promise<void> => {
    if (this.#closed) return print(lines)
    // What is being typed may span several rows: begin at its first.
    const { rows } = this.#readline.getCursorPos()
    cursorTo(process.stdout, 0)
    moveCursor(process.stdout, 0, -rows)
    clearScreenDown(process.stdout)
    const printed = print(lines)
    // readline would go up again by as many rows as the typed text had.
    Object.assign(this.#readline, { prevRows: 0 })
    this.#readline.prompt(true)
    return printed
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#readline.close()
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
  }
}

/** Whether a person sits at both ends: can read what we print and type what we read. */
export function isInteractive(): boolean {
  return Boolean(process.stdin.isTTY && process.stdout.isTTY)
}
