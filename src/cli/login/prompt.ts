/** A question whose answer is not shown. */
import { isUtf8 } from 'node:buffer'
import { ToolError, UsageError } from '../errors.ts'
import { makeRaw, suspend, whenContinued } from '../terminal/suspended.ts'

const ENTER = [0x0d, 0x0a]
const CTRL_C = 0x03
const CTRL_D = 0x04
const CTRL_U = 0x15
const CTRL_Z = 0x1a
const ESCAPE = 0x1b
const BACKSPACES = [0x7f, 0x08]

export interface PromptTerminal {
  readonly stdin: Pick<NodeJS.EventEmitter, 'on' | 'off'> & {
    readonly isTTY?: boolean
    setRawMode(raw: boolean): unknown
    pause(): unknown
    resume(): unknown
  }
  readonly stderr: { write(text: string): unknown }
}

/** Whether there is a person to ask, at a terminal. */
export const canPrompt = (): boolean => process.stdin.isTTY === true

/**
 * Asks on the terminal, without echo. The question goes to stderr, so that it never lands in a pipe.
 *
 * @param hint - what to do where there is no terminal.
 * @returns the line typed.
 * @throws UsageError when standard input is no terminal, or what was typed is not UTF-8; ToolError when the person pressed Ctrl+C.
 */
export function promptSecret(
  question: string,
  hint: string,
  { stdin, stderr }: PromptTerminal = process,
): Promise<string> {
  if (!stdin.isTTY)
    return Promise.reject(new UsageError('there is no terminal to ask for a password on', hint))
  return new Promise((resolve, reject) => {
    const line = new TypedLine()
    let ended = false
    const goOn = () => {
      if (ended) return
      makeRaw()
      stderr.write(`\r\x1b[K${question}`)
    }
    const forget = whenContinued(goOn)
    const end = (finish: () => void) => {
      ended = true
      forget()
      stdin.off('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      finish()
    }
    // Bytes: decoded on the way, all that are not UTF-8 would become the same character.
    const onData = (data: Uint8Array) => {
      for (const byte of data) {
        if (ENTER.includes(byte) || byte === CTRL_D) {
          const text = line.text()
          return end(() => (text === undefined ? reject(notUtf8()) : resolve(text)))
        }
        if (byte === CTRL_C) return end(() => reject(new ToolError('cancelled')))
        if (byte === CTRL_Z) suspend(goOn)
        else line.type(byte)
      }
    }
    stderr.write(question)
    stdin.setRawMode(true)
    stdin.on('data', onData)
    stdin.resume()
  })
}

function notUtf8(): UsageError {
  return new UsageError(
    'what was typed is not text in UTF-8',
    'set the terminal to UTF-8, or give --password-file FILE',
  )
}

class TypedLine {
  #bytes: number[] = []
  /** Within the sequence of a key that is no character (ECMA-48 §5.4): `ESC [ … final`, `ESC O final`, or `ESC` and a character. */
  #sequence: 'none' | 'begun' | 'inside' | 'last' = 'none'

  text(): string | undefined {
    const bytes = Buffer.from(this.#bytes)
    return isUtf8(bytes) ? bytes.toString('utf8') : undefined
  }

  type(byte: number): void {
    if (byte === ESCAPE) this.#sequence = 'begun'
    else if (this.#sequence !== 'none') this.#follow(byte)
    else if (byte === CTRL_U) this.#bytes = []
    else if (BACKSPACES.includes(byte)) this.#rubOut()
    else if (byte >= 0x20) this.#bytes.push(byte)
  }

  #follow(byte: number): void {
    if (this.#sequence === 'begun' && byte === 0x5b) this.#sequence = 'inside'
    else if (this.#sequence === 'begun' && byte === 0x4f) this.#sequence = 'last'
    else if (this.#sequence !== 'inside' || (byte >= 0x40 && byte <= 0x7e)) this.#sequence = 'none'
  }

  /** Takes the last character away; of bytes that are none, the last. */
  #rubOut(): void {
    const last = this.#bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80)
    const isCharacter = last >= 0 && isUtf8(Uint8Array.from(this.#bytes.slice(last)))
    this.#bytes = this.#bytes.slice(0, isCharacter ? last : -1)
  }
}
