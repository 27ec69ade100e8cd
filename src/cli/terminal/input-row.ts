/**
 * A line being typed, on one row of a terminal: readline edits it, and what does not fit is scrolled out of sight.
 *
 * It is one row because a terminal that gets another width may have broken a longer line anew, or not: no program could tell then where the
 * line began, and to clear it would be to clear what others said above it. So nothing here ever goes up a row.
 */
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { makeRaw, suspend, whenContinued } from './suspended.ts'
import { cellsIn, visible } from './terminal.ts'

const CLEAR = '\r\x1b[J'
const HOME = '\x1b[H'
// Of a terminal narrower than we know, the last column is written over: the row stays one (DECAWM, ECMA-48 has none).
const NO_WRAP = '\x1b[?7l'
const WRAP = '\x1b[?7h'
// The terminal knows itself how wide it shows each character.
const SAVE_CURSOR = '\x1b7'
const RESTORE_CURSOR = '\x1b8'

// As the shells' own scrolled lines have them.
const MORE_BEFORE = '<'
const MORE_AFTER = '>'
/** What a prompt leaves to what is typed, where there is room for it, and what a question leaves to its answer. */
const TYPING_CELLS = 9
export const ANSWER_CELLS = 1
/** Of a long line, as much is looked at for each cell: characters may take none. */
const UNITS_PER_CELL = 16

export interface InputListener {
  /** Each line, when it is complete. */
  onLine(line: string): void
  /** Ctrl+D, or the end of the input: nothing is heard any more. */
  onEnd(): void
  /** Ctrl+C. Default: the same. */
  onInterrupt?(): void
}

export class InputRow {
  readonly #stream: NodeJS.WriteStream
  readonly #readline: Interface
  readonly #forget: () => void
  #prompt: string
  #typingCells = TYPING_CELLS
  #due = false
  #closed = false

  constructor(stream: NodeJS.WriteStream, prompt: string, listener: InputListener) {
    this.#stream = stream
    this.#prompt = prompt
    // What readline would draw says only that there is something to draw.
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        this.#drawSoon()
        done()
      },
    })
    this.#readline = createInterface({ input: process.stdin, output, terminal: true, historySize: 100 })
    this.#readline.on('line', (line) => {
      this.#write(`${CLEAR}${this.#prompt}${visible(line)}\n`)
      listener.onLine(line)
      this.draw()
    })
    this.#readline.on('SIGINT', () => {
      if (listener.onInterrupt) listener.onInterrupt()
      else this.#readline.close()
    })
    this.#readline.on('SIGTSTP', () => {
      this.#write('\n')
      suspend(this.#goOn)
    })
    this.#readline.on('close', () => {
      if (this.#closed) return
      this.#end()
      this.#stream.write('\n')
      listener.onEnd()
    })
    const forgetContinued = whenContinued(this.#goOn)
    const onResize = () => this.draw()
    stream.on('resize', onResize)
    process.stdin.on('keypress', this.#onKey)
    this.#forget = () => {
      forgetContinued()
      stream.off('resize', onResize)
      process.stdin.off('keypress', this.#onKey)
    }
    this.draw()
  }

  /** Whether something has been typed that is not a line yet. */
  get typing(): boolean {
    return this.#readline.line.length > 0
  }

  /** Shows another prompt. @param typingCells - the prompt is cut at its beginning to leave as many cells to what is typed. */
  setPrompt(prompt: string, typingCells: number = TYPING_CELLS): void {
    this.#prompt = prompt
    this.#typingCells = typingCells
    this.draw()
  }

  discard(): void {
    this.#readline.write(null, { ctrl: true, name: 'e' })
    this.#readline.write(null, { ctrl: true, name: 'u' })
  }

  /** Draws the row anew, in place of whatever is on the row where the cursor is. */
  draw(): void {
    this.#due = false
    const { line, cursor } = this.#readline
    const promptRoom = promptCells(this.columns, this.#typingCells)
    const { before, after } = inputRow(lastOf(this.#prompt, promptRoom), line, cursor, this.columns)
    this.show(after === '' ? before : `${before}${SAVE_CURSOR}${after}${RESTORE_CURSOR}`)
  }

  /** Shows something else on the row, until it is drawn. */
  show(text: string): void {
    this.#write(`${CLEAR}${NO_WRAP}${text}${WRAP}`)
  }

  clear(): void {
    this.#write(CLEAR)
  }

  get columns(): number {
    return this.#stream.columns || 80
  }

  /** Gives the terminal back; nothing is heard any more. */
  close(): void {
    if (this.#closed) return
    this.clear()
    this.#end()
    this.#readline.close()
  }

  #end(): void {
    this.#closed = true
    this.#forget()
  }

  #write(text: string): void {
    if (!this.#closed) this.#stream.write(text)
  }

  // Once for all keys that come together, as of what is pasted.
  #drawSoon(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => {
      if (this.#due) this.draw()
    })
  }

  readonly #goOn = (): void => {
    if (this.#closed) return
    makeRaw()
    this.draw()
  }

  readonly #onKey = (_text: string, key: { readonly ctrl?: boolean; readonly name?: string }): void => {
    if (key.ctrl && key.name === 'l') this.#write(HOME)
  }
}

/** How many cells a prompt may have to be shown as a whole. */
export function promptCells(columns: number, typingCells: number): number {
  return columns - 1 - Math.min(typingCells, columns >> 1)
}

/**
 * What of a line is shown on one row, one cell less than `columns` wide: where the cursor is, and what is around it.
 *
 * @param prompt - leaves room.
 * @param cursor - in UTF-16 code units.
 * @returns the prompt and what is before the cursor, and what is after it.
 */
export function inputRow(
  prompt: string,
  line: string,
  cursor: number,
  columns: number,
): { readonly before: string; readonly after: string } {
  const room = columns - 1 - cellsIn(prompt)
  const most = UNITS_PER_CELL * columns
  const after = visible(line.slice(cursor, cursor + most))
  const forAfter = Math.min(cellsIn(after), Math.floor(room / 3))
  const before = lastOf(visible(line.slice(Math.max(0, cursor - most), cursor)), room - forAfter)
  return { before: `${prompt}${before}`, after: firstOf(after, room - cellsIn(before)) }
}

// Made when a row is first too long: to make it takes ten milliseconds.
let graphemes: Intl.Segmenter | undefined

function firstOf(text: string, room: number): string {
  return cellsIn(text) <= room ? text : `${within(segmentsOf(text), room - 1).join('')}${MORE_AFTER}`
}

function lastOf(text: string, room: number): string {
  if (cellsIn(text) <= room) return text
  return `${MORE_BEFORE}${within(segmentsOf(text).reverse(), room - 1)
    .reverse()
    .join('')}`
}

function segmentsOf(text: string): string[] {
  graphemes ??= new Intl.Segmenter()
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

/** As many as have room, from the first. */
function within(segments: string[], room: number): string[] {
  let cells = 0
  const end = segments.findIndex((segment) => {
    cells += cellsIn(segment)
    return cells > room
  })
  return end < 0 ? segments : segments.slice(0, end)
}
