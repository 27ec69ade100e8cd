/** A terminal on which one types while others' lines come in, above what is being typed. */
import { ANSWER_CELLS, InputRow, promptCells } from './input-row.ts'
import type { Lines } from './output.ts'
import type { StatusLine } from './progress.ts'
import { type Look, print, talk, talkLine, wrap } from './terminal.ts'

interface Question {
  readonly text: string
  readonly answer: (line: string) => void
}

export class ChatTerminal {
  readonly #row: InputRow
  readonly #questions: Question[] = []
  #prompt: string
  #asking = false
  #closed = false

  /** @param onEnd - called once, when the person presses Ctrl+D or Ctrl+C. */
  constructor(prompt: string, onLine: (line: string) => void, onEnd: () => void) {
    this.#prompt = prompt
    const end = () => {
      this.#closed = true
      this.#giveUpQuestions()
      onEnd()
    }
    this.#row = new InputRow(process.stdout, prompt, {
      onLine: (line) => {
        if (this.#asking) this.#answer(line)
        else onLine(line)
        this.#askNext()
      },
      onEnd: end,
    })
  }

  /** Whether something has been typed that is not sent yet. */
  get typing(): boolean {
    return this.#row.typing
  }

  setPrompt(prompt: string): void {
    if (this.#closed || this.#prompt === prompt) return
    this.#prompt = prompt
    if (!this.#asking) this.#row.setPrompt(prompt)
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
      if (this.typing && !this.#asking) void this.print(`${text.trimEnd()}  (once your line is sent)`)
      else this.#askNext()
    })
  }

  /** Shows something where the prompt is, as long as nothing is typed. */
  readonly status: StatusLine = {
    get columns() {
      return process.stdout.columns || 80
    },
    show: (line) => {
      if (this.#closed || this.#asking || this.typing) return
      this.#row.show(line)
    },
    wipe: () => {
      if (!this.#closed) this.#row.draw()
    },
  }

  /** Prints one line or several above the one being typed. */
  readonly print = (lines: string): Promise<void> => {
    if (this.#closed) return print(lines)
    this.#row.clear()
    const printed = print(lines)
    this.#row.draw()
    return printed
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#giveUpQuestions()
    this.#row.close()
  }

  #askNext(): void {
    const [question] = this.#questions
    if (this.#closed || this.#asking || !question) return
    this.#asking = true
    // All of it is to be seen: what has no room beside the answer is above it.
    const rows = wrap(question.text, promptCells(this.#row.columns, ANSWER_CELLS) + 1)
    const last = rows.pop() ?? ''
    if (rows.length > 0) void this.print(rows.join('\n'))
    this.#row.setPrompt(last, ANSWER_CELLS)
  }

  #answer(line: string): void {
    this.#asking = false
    this.#row.setPrompt(this.#prompt)
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
    this.#row.discard()
    this.#row.setPrompt(this.#prompt)
    this.#askNext()
  }

  #giveUpQuestions(): void {
    for (const { answer } of this.#questions.splice(0)) answer('')
  }
}

/** Where a tool's lines go: to stdout and stderr, or above what is being typed while there is a conversation. */
export class Screen implements Lines {
  conversation: ChatTerminal | undefined
  readonly #tool: string
  readonly #say: (line: string, look?: Look) => void
  readonly #print: (lines: string) => Promise<void>

  /** @param options.bytesOnly - stdout is for bytes, not for lines. */
  constructor(tool: string, options: { readonly bytesOnly?: boolean | undefined } = {}) {
    this.#tool = tool
    this.#say = talk(tool)
    const sayAll = async (lines: string) => {
      for (const line of lines.split('\n')) this.#say(line)
    }
    this.#print = options.bytesOnly ? sayAll : print
  }

  readonly data = (lines: string): Promise<void> => (this.conversation?.print ?? this.#print)(lines)

  readonly talk = (line: string, look: Look = (row) => row): void => {
    const { conversation } = this
    if (!conversation) this.#say(line, look)
    else void conversation.print(talkLine(this.#tool, line, process.stdout.columns).map(look).join('\n'))
  }

  close(): void {
    this.conversation?.close()
    this.conversation = undefined
  }
}

/** Whether a person sits at both ends: can read what we print and type what we read. */
export const isInteractive = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY)
