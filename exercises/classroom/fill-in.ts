/**
 * Has a student's program compute the values of the student's variant, and writes them down.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ToolError } from '../../src/cli/errors.ts'
import { StudentError, StudentProgram } from '../examiner/program.ts'
import { Missing } from '../examiner/property.ts'
import { makeWorkbench } from '../examiner/workbench.ts'
import { allExercises, type Exercise, graderOf } from '../runner/catalogue.ts'
import { valuesOf } from './submission.ts'
import { type Given, VARIANTS, type Values } from './variants.ts'

export interface FilledIn {
  readonly exercise: Exercise
  /** Why there are none. */
  readonly problem?: string
}

/** @throws ToolError when the folder holds no variant. */
export async function fillIn(folder: string, timeLimitSec: number): Promise<FilledIn[]> {
  const variants = readVariants(join(folder, 'variant.json'))
  const all: Record<string, unknown> = { ...valuesOf(folder) }
  const results: FilledIn[] = []
  for (const exercise of allExercises()) {
    const given = variants[exercise.number]
    const variant = VARIANTS[exercise.number]
    if (!given || !variant) continue
    try {
      all[exercise.number] = await computed(folder, exercise, given, timeLimitSec)
      results.push({ exercise })
    } catch (error) {
      if (!(error instanceof Missing || error instanceof StudentError || error instanceof TypeError))
        throw error
      results.push({ exercise, problem: error.message })
    }
  }
  writeFileSync(join(folder, 'values.json'), `${JSON.stringify(all, null, 2)}\n`)
  return results
}

function readVariants(file: string): Readonly<Record<string, Given>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ToolError(`${file} is not there, or cannot be read`, {
      cause,
      hint: 'name the folder that you were given: the one with variant.json in it',
    })
  }
}

async function computed(
  folder: string,
  exercise: Exercise,
  given: Given,
  timeLimitSec: number,
): Promise<Values> {
  const { file, tools } = await graderOf(exercise)
  const path = join(folder, basename(exercise.folder), file)
  if (!existsSync(path)) throw new Missing(`there is no ${path}`)
  const bench = await makeWorkbench({ file: path, tools })
  const program = new StudentProgram(bench, { timeLimitSec })
  try {
    return (await VARIANTS[exercise.number]?.compute(program, given)) ?? {}
  } finally {
    await program.end()
    bench.remove()
  }
}
