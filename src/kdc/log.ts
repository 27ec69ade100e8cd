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
import { LogOutput, type LogOutputOptions, type WriteSome, writeToStdout } from './log-output.ts'
import type { Log } from './settings.ts'

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
