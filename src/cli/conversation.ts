/**
 * A terminal on which one types while others' lines come in: readline, printing above what is being typed.
 *
 * @module
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import type { StatusLine } from './progress.ts'
import { print } from './terminal.ts'

interface Question {
  readonly text: string
  readonly answer: (line: string) => void
}

/** The terminal of a conversation. */
export class Conversation {
  readonly #readline: Interface
  readonly #questions: Question[] = []
  #prompt: string
  #asking = false
  #statusShown = false
  #closed = false

  /**
   * @param onLine - called with each line typed.
   * @param onEnd - called once, when the person presses Ctrl+D or Ctrl+C.
   */
  constructor(prompt: string, onLine: (line: string) => void, onEnd: () => void) {
    this.#prompt = prompt
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      historySize: 100,
    })
    this.#readline.on('line', (line) => {
      if (this.#asking) this.#answer(line)
      else onLine(line)
      this.#askNext()
      if (!this.#closed) this.#readline.prompt()
    })
    this.#readline.on('SIGINT', () => this.#readline.close())
    this.#readline.on('close', () => {
      if (this.#closed) return
      this.#closed = true
      process.stdout.write('\n')
      this.#giveUpQuestions()
      onEnd()
    })
    // Before readline itself, which takes the prompt to be on the screen.
    process.stdin.prependListener('keypress', this.#wipeStatus)
    this.#readline.prompt()
  }

  /** Whether something has been typed that is not sent yet. */
  get typing(): boolean {
    return this.#readline.line.length > 0
  }

  /** Shows another prompt. */
  setPrompt(prompt: string): void {
    if (this.#closed || this.#prompt === prompt) return
    this.#prompt = prompt
    if (this.#asking) return
    this.#wipeStatus()
    this.#readline.setPrompt(prompt)
    this.#readline.prompt(true)
  }

  /**
   * Asks something, in place of the prompt; one question at a time, and never while a line is being typed: it would be taken for the
   * answer.
   *
   * @param signal - takes the question back.
   * @returns the line typed; an empty one when the question was taken back, or the conversation is over.
   */
  ask(text: string, signal?: AbortSignal): Promise<string> {
    if (this.#closed || signal?.aborted) return Promise.resolve('')
    return new Promise((resolve) => {
      const question = { text, answer: resolve }
      this.#questions.push(question)
      signal?.addEventListener('abort', () => this.#takeBack(question), { once: true })
      this.#wipeStatus()
      if (this.typing && !this.#asking) void this.print(`${text.trimEnd()}  (once your line is sent)`)
      else this.#askNext()
    })
  }

  /** Shows something where the prompt is, as long as nobody types. */
  readonly status: StatusLine = {
    get columns() {
      return process.stdout.columns ?? 80
    },
    show: (line) => {
      if (this.#closed || this.#asking || this.typing) return
      this.#clear()
      this.#statusShown = true
      process.stdout.write(line)
    },
    wipe: () => this.#wipeStatus(),
  }

  /** Prints one line or several above the one being typed. */
  readonly print = (lines: string): Promise<void> => {
    if (this.#closed) return print(lines)
    this.#clear()
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
    this.#giveUpQuestions()
    this.#readline.close()
    cursorTo(process.stdout, 0)
    clearScreenDown(process.stdout)
  }

  #askNext(): void {
    const [question] = this.#questions
    if (this.#closed || this.#asking || !question) return
    this.#asking = true
    this.#readline.setPrompt(question.text)
    this.#readline.prompt(true)
  }

  #answer(line: string): void {
    this.#asking = false
    this.#readline.setPrompt(this.#prompt)
    this.#questions.shift()?.answer(line)
  }

  #takeBack(question: Question): void {
    const index = this.#questions.indexOf(question)
    if (index < 0) return
    question.answer('')
    this.#questions.splice(index, 1)
    if (index > 0 || !this.#asking) return
    this.#asking = false
    // What was typed so far was the answer.
    this.#clear()
    Object.assign(this.#readline, { line: '', cursor: 0, prevRows: 0 })
    this.#readline.setPrompt(this.#prompt)
    this.#askNext()
    this.#readline.prompt(true)
  }

  #giveUpQuestions(): void {
    process.stdin.off('keypress', this.#wipeStatus)
    for (const { answer } of this.#questions.splice(0)) answer('')
  }

  readonly #wipeStatus = (): void => {
    if (!this.#statusShown || this.#closed) return
    this.#clear()
    Object.assign(this.#readline, { prevRows: 0 })
    this.#readline.prompt(true)
  }

  /** Takes the prompt and what is being typed, or what is shown in their place, off the screen. */
  #clear(): void {
    // What is being typed may span several rows: begin at its first.
    const rows = this.#statusShown ? 0 : this.#readline.getCursorPos().rows
    this.#statusShown = false
    cursorTo(process.stdout, 0)
    moveCursor(process.stdout, 0, -rows)
    clearScreenDown(process.stdout)
  }
}

/** Whether a person sits at both ends: can read what we print and type what we read. */
export function isInteractive(): boolean {
  return Boolean(process.stdin.isTTY && process.stdout.isTTY)
}
