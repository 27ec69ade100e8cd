/**
 * The log: one JSON object a line on stdout, by pino. An event has a stable name and stable fields, and never holds a
 * password, token, secret or ticket.
 *
 * What is logged in one turn of the event loop is written at once, at the end of it; answers leave after that, so that nothing was
 * answered that is not in the log, as long as it can be written: see log-output.ts.
 *
 * @module
 */
import pino from 'pino'
import { visibleJson } from '../lib/text/visible.ts'
import { LogOutput, type WriteSome, writeToStdout } from './log-output.ts'
import type { Log } from './settings.ts'

/** What can be asked for, the fullest first. */
export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const

/** Gathers lines. */
class Turn {
  readonly #output: LogOutput
  #lines: string[] = []
  #written: Promise<void> | undefined
  #resolve: () => void = () => undefined

  constructor(output: LogOutput) {
    this.#output = output
  }

  /** What pino calls, with a line and its line feed. */
  write(line: string): void {
    if (this.#lines.length === 0) {
      this.#written = new Promise((resolve) => {
        this.#resolve = resolve
      })
      setImmediate(() => this.flush())
    }
    // It may be read on a terminal: JSON leaves in it much that one would obey.
    this.#lines.push(`${visibleJson(line.trimEnd())}\n`)
  }

  flush(): void {
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#written = undefined
    this.#output.write(lines)
    this.#resolve()
  }

  written(): Promise<void> | undefined {
    return this.#written
  }
}

/** What a log needs besides its level. */
export interface LogOptions {
  /** Where it goes. Default: stdout. */
  readonly write?: WriteSome
  /** Told once each time when the log cannot be written any more, with the error. */
  readonly onLost?: (error: NodeJS.ErrnoException) => void
}

/** A log, from this level on. */
export function createLog(
  level: (typeof LOG_LEVELS)[number],
  { write = writeToStdout, onLost = () => {} }: LogOptions = {},
): Log {
  const output = new LogOutput(write, { onLost, lostLine })
  const turn = new Turn(output)
  process.on('exit', () => {
    turn.flush()
    output.end()
  })
  const log = pinoTo(turn, level)
  return {
    info: (fields, event) => log.info(fields, event),
    warn: (fields, event) => log.warn(fields, event),
    error: (fields, event) => log.error(fields, event),
    written: () => turn.written(),
  }
}

function pinoTo(stream: pino.DestinationStream, level: string) {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
}

/** Says how many lines could not be written: an error, so that every level but `silent` has it. */
function lostLine(lines: number): string {
  let text = ''
  const keep = {
    write: (line: string) => {
      text = line
    },
  }
  pinoTo(keep, 'error').error({ lines }, 'log_lost')
  return text
}
