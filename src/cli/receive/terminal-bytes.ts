/** Bytes from a sender, as they come, on a terminal: as lines that carry the name, and nothing that it would obey. */
import { saidLines } from '../terminal/terminal.ts'

/** Longer lines are shown in pieces. */
const MAX_LINE_CHARACTERS = 4096

/** Makes lines of them. What `take` and `end` give is to be written as it is. */
export class TerminalBytes {
  readonly #name: string
  readonly #columns: number | undefined
  readonly #decoder = new TextDecoder()
  #rest = ''
  #shown = false

  constructor(name: string, columns: number | undefined) {
    this.#name = name
    this.#columns = columns
  }

  /** The lines that are whole now, each with its end. */
  take(bytes: Uint8Array): string {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > MAX_LINE_CHARACTERS) {
      lines.push(this.#rest)
      this.#rest = ''
    }
    return this.#show(lines)
  }

  /** What is left when nothing more comes. */
  end(): string {
    const last = this.#rest + this.#decoder.decode()
    this.#rest = ''
    return last === '' && this.#shown ? '' : this.#show([last])
  }

  #show(lines: readonly string[]): string {
    this.#shown ||= lines.length > 0
    return lines
      .flatMap((line) => saidLines({ name: this.#name }, line.replace(/\r$/, ''), this.#columns))
      .map((row) => `${row}\n`)
      .join('')
  }
}
