/**
 * The log: one JSON object a line on stdout, by pino. An event has a stable name and stable fields, and never holds a
 * password, token, secret or ticket.
 *
 * @module
 */
import pino from 'pino'
import type { Log } from './context.ts'

/** What can be asked for, the fullest first. */
export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const

/** A log on stdout, from this level on. */
export function createLog(level: (typeof LOG_LEVELS)[number]): Log {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Node's own stream: what was logged is written when the process ends, however it ends.
    process.stdout,
  )
}
