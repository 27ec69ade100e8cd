/**
 * The log: one JSON object a line on stdout, by pino. An event has a stable name and stable fields, and never holds a
 * password, token, secret or ticket.
 *
 * What is logged in one turn of the event loop is written at once, at the end of it; answers leave after that, so that nothing was
 * answered that is not in the log.
 *
 * @module
 */
import type { Writable } from 'node:stream'
import pino from 'pino'
import { visibleJson } from '../lib/visible.ts'
import type { Log } from './context.ts'

/** What can be asked for, the fullest first. */
export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const

/** Lines of one millisecond share its text, which takes as long to make as the rest of a line. */
let [lastTime, lastText] = [Number.NaN, '']

function timestamp(): string {
  const now = Date.now()
  if (now !== lastTime) {
    lastTime = now
    lastText = `,"time":"${new Date(now).toISOString()}"`
  }
  return lastText
}

/** Gathers lines. */
class Turn {
  readonly #stream: Pick<Writable, 'write'>
  #lines = ''
  #written: Promise<void> | undefined
  #resolve: () => void = () => undefined

  constructor(stream: Pick<Writable, 'write'>) {
    this.#stream = stream
  }

  /** What pino calls, with a line and its line feed. */
  write(line: string): void {
    if (this.#lines === '') {
      this.#written = new Promise((resolve) => {
        this.#resolve = resolve
      })
      setImmediate(() => this.flush())
    }
    // It may be read on a terminal: JSON leaves in it much that one would obey.
    this.#lines += `${visibleJson(line.trimEnd())}\n`
  }

  flush(): void {
    if (this.#lines === '') return
    const lines = this.#lines
    this.#lines = ''
    this.#written = undefined
    try {
      this.#stream.write(lines)
    } finally {
      this.#resolve()
    }
  }

  written(): Promise<void> | undefined {
    return this.#written
  }
}

/**
 * A log, from this level on.
 *
 * @param stream - stdout, but for tests.
 */
export function createLog(
  level: (typeof LOG_LEVELS)[number],
  stream: Pick<Writable, 'write'> = process.stdout,
): Log {
  const turn = new Turn(stream)
  // Node's own stream: what was given to it is written when the process ends, however it ends.
  process.on('exit', () => turn.flush())
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
    },
    turn,
  )
  return {
    info: (fields, event) => log.info(fields, event),
    warn: (fields, event) => log.warn(fields, event),
    error: (fields, event) => log.error(fields, event),
    written: () => turn.written(),
  }
}
