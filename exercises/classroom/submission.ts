/**
 * What a student has handed in. It is read with care: there may be links to what is not the student's, and files without end.
 *
 * @module
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Exercise } from '../runner/catalogue.ts'
import { stubOf } from '../runner/work.ts'

const MAX_PROGRAM_BYTES = 1024 * 1024
const MAX_ENTRIES = 1000
const MAX_VALUES_BYTES = 64 * 1024

export type Program =
  | { readonly state: 'written'; readonly file: string; readonly text: string }
  | { readonly state: 'not handed in' | 'not begun' }
  | { readonly state: 'refused'; readonly why: string }

/** The program of one exercise; what cannot be read is refused. @param place - the student's folder. */
export function programOf(place: string, exercise: Exercise, file: string): Program {
  try {
    return read(place, exercise, file)
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return refused(`it cannot be read (${code})`)
  }
}

function read(place: string, exercise: Exercise, file: string): Program {
  const folder = join(place, basename(exercise.folder))
  const path = join(folder, file)
  if (!entryAt(place) || !entryAt(folder) || !entryAt(path)) return { state: 'not handed in' }
  // A link may lead to another student's work, or to a file of this machine.
  if (!entryAt(place)?.isDirectory() || !entryAt(folder)?.isDirectory())
    return refused('its folder is a link')
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  if (entries.length > MAX_ENTRIES) return refused(`there are more than ${MAX_ENTRIES} files`)
  for (const name of entries) {
    const entry = entryAt(join(folder, name))
    if (entry?.isDirectory()) continue
    if (!entry?.isFile()) return refused(`${name} is no file, but a link or the like`)
    if (entry.size > MAX_PROGRAM_BYTES) return refused(`${name} has more than ${MAX_PROGRAM_BYTES} bytes`)
  }
  if (!entryAt(path)?.isFile()) return refused(`${file} is no file`)
  const text = readFileSync(path, 'utf8')
  if (text.replace(/\s/g, '') === stubOf(exercise, file).replace(/\s/g, '')) return { state: 'not begun' }
  return { state: 'written', file: path, text }
}

function entryAt(path: string) {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

const refused = (why: string): Program => ({ state: 'refused', why })

/** What stands in `values.json`, by exercise; nothing where it cannot be read. */
export function valuesOf(place: string): Readonly<Record<string, unknown>> {
  const path = join(place, 'values.json')
  const stats = entryAt(path)
  if (!stats?.isFile() || stats.size > MAX_VALUES_BYTES) return {}
  try {
    const values = JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
    return typeof values === 'object' && values !== null ? values : {}
  } catch {
    return {}
  }
}
