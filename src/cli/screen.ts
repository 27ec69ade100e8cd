/**
 * Where a tool's lines go: to stdout and stderr, or above what is being typed while there is a conversation.
 *
 * @module
 */
import type { Conversation } from './conversation.ts'
import type { Lines } from './events.ts'
import { print, talk } from './terminal.ts'

export class Screen implements Lines {
  /** While it has the terminal. */
  conversation: Conversation | undefined
  readonly #tool: string
  readonly #say: (line: string) => void
  readonly #print: (lines: string) => Promise<void>

  /** @param options.bytesOnly - stdout is for bytes, not for lines. */
  constructor(tool: string, options: { readonly bytesOnly?: boolean | undefined } = {}) {
    this.#tool = tool
    this.#say = talk(tool)
    this.#print = options.bytesOnly ? async (lines) => this.#say(lines) : print
  }

  readonly data = (lines: string): Promise<void> => (this.conversation?.print ?? this.#print)(lines)

  readonly talk = (line: string): void => {
    if (this.conversation) void this.conversation.print(`${this.#tool}: ${line}`)
    else this.#say(line)
  }

  /** Gives the terminal back. */
  close(): void {
    this.conversation?.close()
    this.conversation = undefined
  }
}
