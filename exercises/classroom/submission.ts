/**
 * What a student has handed in. It is read with care: there may be links to what is not the student's, and files without end.
 *
 * @module
 */
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Exercise } from '../runner/catalogue.ts'
import { stubOf } from '../runner/work.ts'

const MAX_PROGRAM_BYTES = 1024 * 1024
const MAX_VALUES_BYTES = 64 * 1024

export type Program =
  | { readonly state: 'written'; readonly file: string; readonly text: string }
  | { readonly state: 'not handed in' | 'not begun' }
  | { readonly state: 'refused'; readonly why: string }

/** The program of one exercise. @param place - the student's folder. */
export function programOf(place: string, exercise: Exercise, file: string): Program {
  const folder = join(place, basename(exercise.folder))
  const path = join(folder, file)
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return { state: 'not handed in' }
  if (!stats.isFile()) return refused(`${file} is no file, but a link or a folder`)
  if (realpathSync(folder) !== join(realpathSync(place), basename(folder)))
    return refused('the folder is a link')
  const sizes = readdirSync(folder).map((name) => lstatSync(join(folder, name)).size)
  if (Math.max(...sizes) > MAX_PROGRAM_BYTES)
    return refused(`a file has more than ${MAX_PROGRAM_BYTES} bytes`)
  const text = readFileSync(path, 'utf8')
  if (text.replace(/\s/g, '') === stubOf(exercise, file).replace(/\s/g, '')) return { state: 'not begun' }
  return { state: 'written', file: realpathSync(path), text }
}

const refused = (why: string): Program => ({ state: 'refused', why })

/** What stands in `values.json`, by exercise; nothing where it cannot be read. */
export function valuesOf(place: string): Readonly<Record<string, unknown>> {
  const path = join(place, 'values.json')
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile() || stats.size > MAX_VALUES_BYTES) return {}
  try {
    const values = JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
    return typeof values === 'object' && values !== null ? values : {}
  } catch {
    return {}
  }
}
