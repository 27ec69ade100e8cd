/**
 * Which exercises there are: the folders whose names begin with a number.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { UsageError } from '../../src/cli/errors.ts'
import type { Grader } from '../examiner/grading.ts'
import type { Materials } from '../examiner/workbench.ts'

/** The folder of all exercises. */
export const FOLDER: string = resolve(fileURLToPath(new URL('..', import.meta.url)))
/** The project. */
export const ROOT: string = dirname(FOLDER)

export interface Exercise {
  readonly number: string
  readonly title: string
  readonly folder: string
}

/** How it is graded: what its `grader.ts` exports. */
export async function graderOf({ folder }: Exercise): Promise<Grader<unknown>> {
  return (await import(pathToFileURL(join(folder, 'grader.ts')).href)).grader
}

export function allExercises(): Exercise[] {
  const folders = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name))
  return folders.sort().map((name) => {
    const folder = join(FOLDER, name)
    const [heading = name] = readFileSync(join(folder, 'README.md'), 'utf8').split('\n')
    return {
      number: name.slice(0, 2),
      title: heading.replace(/^# /, ''),
      folder,
    }
  })
}

/**
 * The exercise of this number, or this folder's name.
 *
 * @throws UsageError when there is none.
 */
export function findExercise(word: string): Exercise {
  const all = allExercises()
  const found = all.find(({ number, folder }) => {
    return number === word.padStart(2, '0') || basename(folder) === word
  })
  if (found) return found
  throw new UsageError(
    `there is no exercise '${word}'`,
    `there are ${all.map(({ number }) => number).join(', ')}`,
  )
}

/** What comes with the exercise may import what is beside it, and its mistakes the whole library; what was handed in, its own folder. */
export function materialsOf({ folder }: Pick<Exercise, 'folder'>, file: string): Omit<Materials, 'tools'> {
  const place = relative(folder, file)
  if (place.startsWith('..') || isAbsolute(place)) return { file }
  return { file, within: folder, everyTool: place.startsWith('mistakes') }
}
