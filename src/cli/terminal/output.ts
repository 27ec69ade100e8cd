/**
 * What a tool has to tell, either as lines for people or, with `--json`, as NDJSON for programs; and, with `--trace`, each
 * protocol message as it passes.
 */
import type { Message } from '../../lib/channel/message.ts'
import { type FileNote, fileNoteOf } from '../../lib/mls/files.ts'
import type { MailMessage } from '../../lib/mls/mailbox.ts'
import { quoted } from '../../lib/text/visible.ts'
import type { Trace, TraceEvent } from '../../lib/trace.ts'
import { type Arrival, arrivalText, type FileResult, nameText, shownName } from './file-result.ts'
import { localTime } from './format.ts'
import {
  jsonLine,
  type Look,
  portions,
  print,
  type Speaker,
  saidLines,
  styled,
  talk,
  toldLines,
  visible,
} from './terminal.ts'

export const OUTPUT_OPTIONS = {
  json: { type: 'boolean', help: ['', 'tell events as NDJSON on stdout'] },
  trace: { type: 'boolean', help: ['', 'show protocol messages as they pass, secrets shortened'] },
} as const

export interface Output {
  /** Whether programs listen. */
  readonly json: boolean
  /** A peer's message; resolves when it has been written. */
  said(from: string, message: Message): Promise<void>
  /** A stored message or file; resolves when it has been written. */
  stored(message: MailMessage, result?: FileResult): Promise<void>
  /** What became of an item that came directly; resolves when it has been written. */
  arrived(from: string, arrival: Arrival, result: FileResult): Promise<void>
  /** Something happened: an event with a stable name for programs; for people, a line if it is worth one. */
  event(name: string, fields: Record<string, unknown>, line?: string): void
  /** Given with `--trace`. */
  readonly trace: Trace | undefined
}

export interface Lines {
  readonly data: (lines: string) => Promise<void>
  /** Writes one line, which may hold what others wrote. */
  readonly talk: (line: string, look?: Look) => void
}

/** @param lines - where lines for people go; a conversation gives functions that keep the typed text. */
export function makeOutput(
  tool: string,
  options: { json?: boolean | undefined; trace?: boolean | undefined },
  lines: Lines = { data: print, talk: talk(tool) },
): Output {
  const output = options.json ? jsonOutput() : lineOutput(lines)
  return options.trace ? output : { ...output, trace: undefined }
}

function jsonOutput(): Output {
  const json = (event: string, fields: Record<string, unknown>) =>
    print(jsonLine({ event, time: new Date().toISOString(), ...fields }))
  return {
    json: true,
    said: (from, message) => json('message', { from, ...textFields(message) }),
    stored: (message, result = {}) => {
      const { from, group, body, sentAt, at } = message
      const times = { sent_at: sentAt, stored_at: at }
      if (message.kind !== 'file') {
        return json('message', { from, group, ...textFields({ bytes: body }), ...times })
      }
      const note = fileNoteOf(message)
      const file = note ? { name: shownName(note), size: note.size } : { code: 'malformed' }
      return json('file', { from, group, ...file, ...resultFields(result), ...times })
    },
    arrived: (from, { kind, ...arrival }, result) =>
      json('file', { from, ...(kind === 'file' ? {} : { kind }), ...arrival, ...resultFields(result) }),
    event: (name, fields) => {
      json(name, fields)
    },
    trace: ({ name, ...rest }) => {
      json('trace', { message: name, ...rest })
    },
  }
}

function lineOutput(lines: Lines): Output {
  const say = async (speaker: Speaker, message: Pick<Message, 'bytes'>) => {
    const said = saidLines(speaker, textFields(message).text, process.stdout.columns, bold)
    for (const portion of portions(said)) await lines.data(portion)
  }
  const tell = async (speaker: Speaker, text: string) => {
    await lines.data(toldLines(speaker, text, process.stdout.columns).join('\n'))
  }
  return {
    json: false,
    async said(from, message) {
      await say({ name: from }, message)
    },
    async stored(message, result = {}) {
      const { from, body, sentAt, at } = message
      // The sender's word, which may lie in the past and not in the future.
      const speaker = { name: from, at: localTime(Math.min(sentAt ?? at, at)) }
      if (message.kind === 'file') await tell(speaker, fileLine(fileNoteOf(message), result))
      else await say(speaker, { bytes: body })
    },
    async arrived(from, arrival, result) {
      await tell({ name: from }, arrivalLine(arrival, result))
    },
    event(_name, _fields, line) {
      // It may hold what others wrote: the name of a file, for one.
      if (line !== undefined) lines.talk(visible(line))
    },
    trace: (event) => lines.talk(traceLine(event), (row) => styled('dim', row, process.stderr)),
  }
}

const bold = (name: string) => styled('bold', name, process.stdout)

/** `[file] report.pdf (1.2 MB) saved as inbox/report.pdf` */
function fileLine(note: FileNote | undefined, result: FileResult): string {
  if (!note) return '[file] that is none: its description cannot be read'
  return arrivalLine({ kind: 'file', name: shownName(note), size: note.size }, result)
}

/** The same; or `[directory] photos (340 files, 1.2 GB) saved as inbox/photos`. */
function arrivalLine(arrival: Arrival, { savedAs, already, why }: FileResult): string {
  const file = `[${arrival.kind}] ${arrivalText({ ...arrival, name: nameText(arrival.name) })}`
  if (savedAs !== undefined) return `${file} ${already ? 'is here as' : 'saved as'} ${nameText(savedAs)}`
  return why === undefined ? file : `${file} ${why}`
}

function resultFields({ savedAs, already, code }: FileResult) {
  return savedAs === undefined ? { code } : { saved_as: savedAs, already }
}

// Bytes that are not text are shown as far as they are, and given in full to programs.
function textFields(message: Pick<Message, 'bytes'>): { text: string; base64?: string } {
  const text = new TextDecoder().decode(message.bytes)
  const isText = Buffer.from(text).equals(message.bytes)
  return isText ? { text } : { text, base64: Buffer.from(message.bytes).toString('base64') }
}

/** One protocol message on one line: `alice -> KDC  POST /login  username=alice password=[password]`. */
export function traceLine({ name, from, to, by, fields }: TraceEvent): string {
  const said = Object.entries(fields).map(([key, value]) => ` ${wordOf(key)}=${wordOf(value)}`)
  return visible(`${from} -> ${to}  ${by}  ${name} ${said.join('')}`.trimEnd())
}

// One word, so that a value cannot pass for other fields.
function wordOf(value: string | number): string {
  return /^[\w.:/+@…[\]-]*$/.test(String(value)) ? String(value) : quoted(String(value))
}
