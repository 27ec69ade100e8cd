/**
 * Where a tool's lines go: to stdout and stderr, or above what is being typed while there is a conversation.
 *
 * @module
 */
import type { ChatTerminal } from './chat-terminal.ts'
import type { Lines } from './output.ts'
import { type Look, print, talk, talkLine } from './terminal.ts'

export class Screen implements Lines {
  /** While it has the terminal. */
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

  /** Gives the terminal back. */
  close(): void {
    this.conversation?.close()
    this.conversation = undefined
  }
}
