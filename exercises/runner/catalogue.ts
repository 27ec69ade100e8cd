/**
 * Which exercises there are: the folders whose names begin with a number.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../src/cli/errors.ts'

/** The folder of all exercises. */
export const FOLDER: string = resolve(fileURLToPath(new URL('..', import.meta.url)))
/** The project. */
export const ROOT: string = dirname(FOLDER)

export interface Exercise {
  readonly number: string
  readonly title: string
  readonly folder: string
  /** The file that the student writes, such as `ticket.ts`. */
  readonly file: string
}

export function allExercises(): Exercise[] {
  const folders = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name))
  return folders.sort().map((name) => {
    const folder = join(FOLDER, name)
    const grader = readdirSync(folder).find((entry) => entry.endsWith('.test.ts')) ?? ''
    const [heading = name] = readFileSync(join(folder, 'README.md'), 'utf8').split('\n')
    return {
      number: name.slice(0, 2),
      title: heading.replace(/^# /, ''),
      folder,
      file: grader.replace('.test.ts', '.ts'),
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
