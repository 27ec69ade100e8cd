/**
 * The log: one JSON object a line on stdout, by pino. An event has a stable name and stable fields, and never holds a
 * password, token, secret or ticket.
 *
 * What is logged in one turn of the event loop is written at once, at the end of it; answers leave after that, so that nothing was
 * answered that is not in the log, as long as it can be written.
 *
 * A KDC that ended where it cannot (the disk is full, or the pipe's reader is gone or slow) would let no user in, for the sake of lines
 * that no operator could read. It goes on, counts what it could not write, and says how many lines that were as soon as it can. A line
 * that was cut is completed first: each line of the log is whole. Node's own stdout will not do: it is of no more use after its
 * first error.
 */
import { writeSync } from 'node:fs'
import pino from 'pino'
import { utf8 } from '../lib/bytes.ts'
import { visibleJson } from '../lib/text/visible.ts'
import type { Log } from './settings.ts'

/** Writes some of these bytes. @returns how many. @throws an error of the system. */
export type WriteSome = (bytes: Uint8Array) => number

const STDOUT = 1

const writeToStdout: WriteSome = (bytes) => writeSync(STDOUT, bytes)

/** So much is kept for a reader that is slow, in bytes; lines beyond it are lost. */
export const MAX_WAITING_BYTES = 1024 * 1024
/** So much is written at once, or a line more. */
const MAX_CHUNK_BYTES = 64 * 1024
/** How long until it is tried again, if nothing is logged sooner. */
const RETRY_MS = 100
/** How often a pipe that is full is tried again as the process ends, and how long it waits in between. */
const LAST_TRIES = 20
const LAST_PAUSE_MS = 10

export interface LogOutputOptions {
  /** Told when lines begin to be lost, with the error. */
  readonly onLost: (error: NodeJS.ErrnoException) => void
  /** Makes the line that says how many lines were lost, with its line feed. */
  readonly lostLine: (lines: number) => string
}

/** Somewhere that lines can be written to, mostly. */
export class LogOutput {
  readonly #write: WriteSome
  readonly #options: LogOutputOptions
  /** Lines that have still to be written; of the first, perhaps only the rest. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** Whether the first of them has been written in part. */
  #isCut = false
  /** Lines that were lost, after those that wait: while there are any, nothing is added to these. */
  #lost = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(write: WriteSome, options: LogOutputOptions) {
    this.#write = write
    this.#options = options
  }

  /** Writes lines, each with its line feed, as far as that is possible now. Does not throw. */
  write(lines: readonly string[]): void {
    if (this.#lost > 0) this.#flush()
    for (const line of lines) this.#add(utf8(line))
    if (this.#lost === 0) this.#flush()
  }

  /** The process ends: a slow reader is waited for a little. */
  end(): void {
    for (let tries = 0; tries < LAST_TRIES && !this.#flush() && this.#waiting.length > 0; tries++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_PAUSE_MS)
    }
    clearTimeout(this.#retry)
  }

  #add(bytes: Uint8Array): void {
    if (this.#lost === 0 && this.#waitingBytes + bytes.length <= MAX_WAITING_BYTES) {
      this.#waiting.push(bytes)
      this.#waitingBytes += bytes.length
    } else {
      this.#lose(1, tooSlow())
    }
  }

  /** @returns whether nothing waits any more, and nothing that was lost has still to be told. */
  #flush(): boolean {
    try {
      while (this.#waiting.length > 0) this.#writeWaiting()
      if (this.#lost > 0) this.#tellLost()
      return true
    } catch (error) {
      const cause = error as NodeJS.ErrnoException
      // A reader that is slow has lost nothing yet.
      if (cause.code !== 'EAGAIN') this.#loseWaiting(cause)
      this.#retryLater()
      return false
    }
  }

  #writeWaiting(): void {
    let written = this.#some(this.#chunk())
    this.#waitingBytes -= written
    for (let [first] = this.#waiting; first && first.length <= written; [first] = this.#waiting) {
      written -= first.length
      this.#waiting.shift()
      this.#isCut = false
    }
    if (written === 0) return
    this.#waiting[0] = (this.#waiting[0] as Uint8Array).subarray(written)
    this.#isCut = true
  }

  /** The first lines that wait, one at least: not all, where the reader is slow, with each try. */
  #chunk(): Uint8Array {
    let [lines, bytes] = [0, 0]
    while (lines < this.#waiting.length && bytes < MAX_CHUNK_BYTES)
      bytes += this.#waiting[lines++]?.length ?? 0
    return Buffer.concat(this.#waiting.slice(0, lines))
  }

  #tellLost(): void {
    const line = utf8(this.#options.lostLine(this.#lost))
    const written = this.#some(line)
    this.#lost = 0
    if (written === line.length) return
    this.#waiting = [line.subarray(written)]
    this.#waitingBytes = line.length - written
    this.#isCut = true
    while (this.#waiting.length > 0) this.#writeWaiting()
  }

  /** @returns how many bytes were written: one at least. */
  #some(bytes: Uint8Array): number {
    const written = this.#write(bytes)
    if (written === 0) throw tooSlow()
    return written
  }

  /** All that waits, but for the rest of a line that was cut: that completes it, when there is room. */
  #loseWaiting(cause: NodeJS.ErrnoException): void {
    const rest = this.#isCut ? this.#waiting.slice(0, 1) : []
    const lost = this.#waiting.length - rest.length
    this.#waiting = rest
    this.#waitingBytes = rest[0]?.length ?? 0
    if (lost > 0) this.#lose(lost, cause)
  }

  #lose(lines: number, cause: NodeJS.ErrnoException): void {
    this.#lost += lines
    if (this.#lost === lines) this.#options.onLost(cause)
  }

  #retryLater(): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#flush(), RETRY_MS)
    this.#retry.unref()
  }
}

/** What the system says of a pipe that is full. */
function tooSlow(): NodeJS.ErrnoException {
  return Object.assign(new Error('the log is not read fast enough'), { code: 'EAGAIN' })
}

/** What can be asked for, the fullest first. */
export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const

/**
 * A log, from this level on.
 *
 * @param options.write - where it goes. Default: stdout.
 * @param options.onLost - told once each time when the log cannot be written any more.
 */
export function createLog(
  level: (typeof LOG_LEVELS)[number],
  {
    write = writeToStdout,
    onLost = () => {},
  }: { readonly write?: WriteSome; readonly onLost?: LogOutputOptions['onLost'] } = {},
): Log {
  const output = new LogOutput(write, { onLost, lostLine })
  let lines: string[] = []
  let written: Promise<void> | undefined
  const flush = () => {
    if (lines.length > 0) output.write(lines)
    lines = []
    written = undefined
  }
  const log = pinoTo(level, (line) => {
    written ??= new Promise((resolve) => {
      setImmediate(() => {
        flush()
        resolve()
      })
    })
    // It may be read on a terminal: JSON leaves in it much that one would obey.
    lines.push(`${visibleJson(line.trimEnd())}\n`)
  })
  process.on('exit', () => {
    flush()
    output.end()
  })
  return {
    info: (fields, event) => log.info(fields, event),
    warn: (fields, event) => log.warn(fields, event),
    error: (fields, event) => log.error(fields, event),
    written: () => written,
  }
}

/** @param write - called with each line and its line feed. */
function pinoTo(level: string, write: (line: string) => void) {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
}

/** Says how many lines could not be written: an error, so that every level but `silent` has it. */
function lostLine(lines: number): string {
  let text = ''
  pinoTo('error', (line) => {
    text = line
  }).error({ lines }, 'log_lost')
  return text
}
