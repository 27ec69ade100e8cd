/**
 * Class lists: CSV (RFC 4180) as learning systems and spreadsheets write it, with commas, semicolons or tabs, with a byte order
 * mark or without.
 *
 * What is written back has the form of what was read, for the program that it came from reads that best.
 *
 * @module
 */
import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { ToolError } from '../../cli/errors.ts'
import { isSystemError, systemReason } from '../../lib/system-errors.ts'
import { bounded } from '../../lib/text/visible.ts'

export interface CsvForm {
  /** Whether it begins with a byte order mark, by which some spreadsheets know UTF-8. */
  readonly bom: boolean
  readonly delimiter: string
  readonly lineEnd: string
}

export interface CsvRecord {
  /** The line on which it begins; the first is 1. */
  readonly line: number
  readonly fields: readonly string[]
}

export interface ClassList {
  /** What it is called in errors. */
  readonly name: string
  readonly form: CsvForm
  readonly columns: readonly string[]
  /** One or more, each with as many fields as there are columns. */
  readonly rows: readonly CsvRecord[]
}

/** As RFC 4180 has it, but for the line ends, which are those of this system's tools. */
export const PLAIN_FORM: CsvForm = { bom: false, delimiter: ',', lineEnd: '\n' }

const MAX_BYTES = 1024 * 1024
const DELIMITERS = [',', ';', '\t']
const LINE_ENDS = ['\r\n', '\n', '\r']
/** What Canvas calls the student that it makes for tests. */
const CANVAS_TEST = 'Student, Test'
const BOM = '\ufeff'
/** So much of the names of the columns is told: a gradebook may have hundreds. */
const TOLD_CHARACTERS = 500

/**
 * Reads a class list.
 *
 * @param file - its path, or `-` for standard input.
 * @throws ToolError, with the number of the line where there is one.
 */
export async function readClassList(file: string): Promise<ClassList> {
  const name = file === '-' ? 'standard input' : file
  try {
    return parseClassList(await readAll(file === '-' ? process.stdin : createReadStream(file), name), name)
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new ToolError(`cannot read ${name}: ${systemReason(cause.code)}`, { cause, hint: 'check the path' })
  }
}

/** @throws ToolError when it is not UTF-8, not CSV, or has no rows. */
export function parseClassList(bytes: Uint8Array, name: string): ClassList {
  const text = decode(bytes, name)
  const bom = text.startsWith(BOM)
  const csv = bom ? text.slice(BOM.length) : text
  const delimiter = delimiterOf(csv)
  const [header, ...rows] = parseRecords(csv, delimiter, name)
  if (!header) throw new ToolError(`${name} is empty`, { hint: 'its first line names the columns' })
  if (rows.length === 0) {
    throw new ToolError(`${name} has no rows`, {
      hint: 'below the line with the columns, each person has one',
    })
  }
  for (const { line, fields } of rows) {
    const [has, expected] = [fields.length, header.fields.length]
    if (has === expected) continue
    throw new ToolError(`${name}, line ${line}: the number of fields is ${has}, and of columns ${expected}`, {
      hint: 'a field with a comma or semicolon in it stands in quotes: "Doe, Jane"',
    })
  }
  const lineEnd = /^[^\n]*\r\n/.test(csv) ? '\r\n' : '\n'
  return { name, form: { bom, delimiter, lineEnd }, columns: header.fields, rows }
}

/**
 * Where a column is; case, and blanks around the name, do not count.
 *
 * @throws ToolError when there is none of this name, or more than one.
 */
export function columnIndex({ name, columns }: ClassList, wanted: string): number {
  const [index, another] = columns.flatMap((column, i) => (sameColumn(column, wanted) ? [i] : []))
  if (index === undefined) {
    throw new ToolError(`${name} has no column ${wanted}`, {
      hint: `--column names the one with the usernames; there are: ${bounded(columns.join(', '), TOLD_CHARACTERS)}`,
    })
  }
  if (another !== undefined) {
    throw new ToolError(`${name} has two columns ${wanted}`, { hint: 'rename one of them' })
  }
  return index
}

/** A row that stands for no person. */
export interface OtherRow {
  readonly line: number
  readonly why: string
}

/**
 * The rows that stand for people. Learning systems write others too: Canvas a row with the points that are possible, without a name,
 * and one of a student whom it makes for tests.
 *
 * @param index - of the column with the names.
 */
export function parsePeople(
  { columns, rows }: ClassList,
  index: number,
): { people: CsvRecord[]; others: OtherRow[] } {
  const people: CsvRecord[] = []
  const others: OtherRow[] = []
  const student = columns.findIndex((column) => sameColumn(column, 'Student'))
  for (const row of rows) {
    const { line, fields } = row
    if (fields[student]?.trim() === CANVAS_TEST) others.push({ line, why: `${CANVAS_TEST} is no person` })
    else if (fields[index]?.trim() === '') others.push({ line, why: withoutName(fields) })
    else people.push(row)
  }
  return { people, others }
}

function withoutName(fields: readonly string[]): string {
  const first = fields.map((field) => field.trim()).find((field) => field !== '') ?? ''
  return `it has no name (${bounded(first, TOLD_CHARACTERS)})`
}

/** Whether two names of columns are the same to a person. */
export function sameColumn(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase()
}

export function formatCsv(records: readonly (readonly string[])[], form: CsvForm): string {
  return stringify(
    records.map((fields) => [...fields]),
    {
      bom: form.bom,
      delimiter: form.delimiter,
      record_delimiter: form.lineEnd,
      // What begins with = + - @ is a formula to a spreadsheet, and could read the invitations beside it: it gets a quote.
      escape_formulas: true,
      // Either of the two ends a line for some reader.
      quoted_match: /[\r\n]/,
    },
  )
}

async function readAll(stream: AsyncIterable<Buffer>, name: string): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > MAX_BYTES) {
      throw new ToolError(`${name} is larger than ${MAX_BYTES} bytes`, {
        hint: 'is it the class list? If it is, leave out columns, or split it',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ToolError(`${name} is not text in UTF-8`, { hint: "save it anew, as 'CSV UTF-8'" })
  }
}

// The one that gives the first line the most fields: a name in it may hold one of the others.
function delimiterOf(csv: string): string {
  const width = (delimiter: string) => {
    try {
      const [first = []] = parse(csv, { delimiter, record_delimiter: LINE_ENDS, to: 1 })
      return first.length
    } catch {
      return 0
    }
  }
  const widths = DELIMITERS.map(width)
  return DELIMITERS[widths.indexOf(Math.max(...widths))] as string
}

/** The records that are not blank: spreadsheets write the empty rows below a table too. */
function parseRecords(csv: string, delimiter: string, name: string): CsvRecord[] {
  const csvBytes = Buffer.from(csv)
  const records: CsvRecord[] = []
  // The parser's own count takes CRLF within quotes for two lines.
  let line = 1
  let end = 0
  const onRecord = (fields: string[], context: { bytes: number }) => {
    if (fields.some((field) => field.trim() !== '')) records.push({ line, fields })
    line += csvBytes.toString('latin1', end, context.bytes).match(/\r\n|\r|\n/g)?.length ?? 0
    end = context.bytes
    return null
  }
  try {
    const relaxed = { record_delimiter: LINE_ENDS, relax_column_count: true }
    parse(csvBytes, { delimiter, ...relaxed, on_record: onRecord })
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string }
    if (!code) throw cause
    const reason = code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote is not closed' : 'a quote is where none may be'
    throw new ToolError(`${name} is not CSV: ${code.includes('QUOTE') ? reason : message}, line ${line}`, {
      cause,
      hint: 'save it anew from the program that made it',
    })
  }
  return records
}
