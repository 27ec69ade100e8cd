/** What the documents say, taken apart: tables, the fields of JSON objects, routes, and quantities. */
import { readFileSync } from 'node:fs'
import type * as v from 'valibot'

/** A document of docs/. */
export const readDocument = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

export interface Table {
  /** The number of its section, or its title where there are no numbers. */
  readonly section: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const cellsOf = (line: string) =>
  line
    .replace(/^\| ?| ?\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

/** All tables, in order. */
export function tablesOf(document: string): Table[] {
  const tables: Table[] = []
  let section = ''
  const lines = document.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const heading = /^#+ (.*)/.exec(line)?.[1]
    if (heading !== undefined) section = /^[\d.]*\d/.exec(heading)?.[0] ?? heading
    if (!line.startsWith('|')) continue
    const rows: string[][] = []
    for (; lines[at]?.startsWith('|'); at++) rows.push(cellsOf(lines[at] ?? ''))
    tables.push({ section, head: rows[0] ?? [], rows: rows.slice(2) })
  }
  return tables
}

/** The tables with this head. */
export const tablesWith = (document: string, ...head: string[]): Table[] =>
  tablesOf(document).filter((table) => table.head.join('|') === head.join('|'))

/** What stands in code in a cell. */
export const namesIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

/** The fields of a JSON object; an optional one ends with `?`, one of a single value with `=` and the value. */
export type Fields = readonly string[]

/** Of `{"a","b"?,"kind":"file"}`, in the order of their names. */
export function fieldsIn(object: string): Fields {
  const fields = [...object.matchAll(/"(\w+)"(\?|:"(\w+)")?[,}]/g)].map(
    ([, name = '', mark = '', value]) => name + (value === undefined ? mark : `=${value}`),
  )
  return fields.sort()
}

/** Of a schema; of one of several, those that not all have are optional. */
export function fieldsOf(schema: v.GenericSchema): Fields {
  const { options, entries } = schema as { options?: v.GenericSchema[]; entries?: v.ObjectEntries }
  if (options) return merged(options.map(fieldsOf))
  const fields = Object.entries(entries ?? {}).map(([name, { type, ...field }]) => {
    if (type === 'optional') return `${name}?`
    const { literal } = field as { literal?: unknown }
    return typeof literal === 'string' ? `${name}=${literal}` : name
  })
  return fields.sort()
}

/** What objects have in common, and what only some have. */
export function merged(objects: readonly Fields[]): Fields {
  const all = [...new Set(objects.flat().map((field) => field.replace(/\?$/, '')))]
  return all.map((name) => (objects.every((fields) => fields.includes(name)) ? name : `${name}?`)).sort()
}

export interface Route {
  readonly section: string
  readonly path: string
  readonly request: Fields
  /** Nothing for a stream of events. */
  readonly reply: Fields | undefined
}

/** The lines `POST /path {…} 200 {…}`. */
export function routesIn(document: string): Route[] {
  const routes: Route[] = []
  for (const part of document.split(/^(?=#)/m)) {
    const section = /^#+ ([\d.]*\d)/.exec(part)?.[1] ?? ''
    const lines = /^POST (\S+)\s+(\{[^}]*\})\s+200 (\{[^}]*\}|text\/event-stream)/gm
    for (const [, path = '', request = '', reply = ''] of part.matchAll(lines)) {
      const isStream = !reply.startsWith('{')
      routes.push({
        section,
        path,
        request: fieldsIn(request),
        reply: isStream ? undefined : fieldsIn(reply),
      })
    }
  }
  return routes
}

const UNITS: Record<string, number> = {
  KiB: 1024,
  MiB: 1024 * 1024,
  min: 60,
  h: 3600,
  day: 86_400,
  days: 86_400,
}

/** The numbers of `1 to 4096 bytes`, `64 MiB`, `20 at once, then 1 in 1 h`: in bytes, seconds, or pieces. */
export const quantitiesIn = (cell = ''): number[] =>
  [...cell.matchAll(/(?<![\w-])(\d+)(?: ([A-Za-z]+))?/g)].map(
    ([, digits, unit = '']) => Number(digits) * (UNITS[unit] ?? 1),
  )
