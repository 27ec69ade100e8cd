/**
 * Grades one file after the other, as it is told to over IPC. Where a grader itself fails, its process is lost and no other.
 *
 * @module
 */
import { type Grade, gradeFile } from '../examiner/grading.ts'
import { findExercise, graderOf } from '../runner/catalogue.ts'

export interface Order {
  readonly exercise: string
  readonly file: string
  readonly timeLimitSec: number
}

export type Graded = { readonly grade: Grade } | { readonly error: string }

process.on('message', ({ exercise, file, timeLimitSec }: Order) => {
  grade(exercise, file, timeLimitSec).then(
    (grade) => process.send?.({ grade } satisfies Graded),
    (error) => process.send?.({ error: String(error) } satisfies Graded),
  )
})
process.on('disconnect', () => process.exit())

async function grade(exercise: string, file: string, timeLimitSec: number): Promise<Grade> {
  const grader = await graderOf(findExercise(exercise))
  return gradeFile(grader, { file }, { first: false, timeLimitSec })
}
