/**
 * Watching the protocol: each message as it passes, for lessons, demos and `--trace`. Secrets are shortened here, before
 * any who watch see them; a password is not shown at all.
 *
 * @module
 */

import { bounded } from './text/visible.ts'

/** As much as is shown of a message that others have filled: so many fields, with so many characters. */
const MAX_FIELDS = 50
const MAX_CHARACTERS = 200

/** One protocol message. */
export interface TraceEvent {
  /** `login-start`, `login-answer`, `login-finish`, `token`, `userinfo`, `answer`, `mailbox`, `mailbox-answer`, `listen`, `ticket`, `noise-1`, `noise-2`, `message`, `ack`, `end`, … */
  readonly name: string
  /** Who sent it: a username, `KDC`, or an address. */
  readonly from: string
  /** Who receives it, named in the same way. */
  readonly to: string
  /** How it travels, such as `POST /login` or `TCP`. */
  readonly by: string
  /** What it says, in order; secrets shortened. */
  readonly fields: Readonly<Record<string, string | number>>
}

/** Receives every protocol message, in order. */
export type Trace = (event: TraceEvent) => void

/** Enough of a secret to recognise it again on the page, far too little to use: its first 6 characters, 36 bits. */
export function shorten(secret: string): string {
  return `${secret.slice(0, 6)}…`
}

// Secret, or of no use to the eye in full.
const SHORTENED = new Set([
  ...['token', 'secret', 'senderinfo', 'request', 'response', 'state', 'finish', 'record'],
  ...['id', 'group', 'signature_key', 'last_resort', 'commit', 'welcome', 'group_info', 'message'],
  ...['proposal', 'file', 'chunk'],
])

/** The fields of a JSON body, as a trace shows them. */
export function traceFields(body: object): Record<string, string | number> {
  const entries = Object.entries(body)
  const fields = entries
    .slice(0, MAX_FIELDS)
    .map(([name, value]) => [bounded(name, MAX_CHARACTERS), traceValue(name, value)])
  if (entries.length > MAX_FIELDS) fields.push(['…', entries.length - MAX_FIELDS])
  return Object.fromEntries(fields)
}

function traceValue(name: string, value: unknown): string | number {
  if (name === 'password') return '[password]'
  if (SHORTENED.has(name) && typeof value === 'string') return shorten(value)
  // How many there are of what has no room on a line.
  if (Array.isArray(value)) return value.length
  if (typeof value === 'string') return bounded(value, MAX_CHARACTERS)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' ? value : `[${typeof value}]`
}
