/**
 * Grades what a class has handed in, and joins the marks with the class list.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Grade } from '../examiner/grading.ts'
import type { Finding } from '../examiner/property.ts'
import { type Exercise, graderOf } from '../runner/catalogue.ts'
import { held } from '../runner/checklist.ts'
import type { Course, Student } from './class.ts'
import { gradeAll } from './graders.ts'
import type { Graded, Order } from './grading-process.ts'
import type { StudentPoints, Weighted } from './marks.ts'
import { judgeOf, type Ownership } from './ownership.ts'
import { type Program, programOf, valuesOf } from './submission.ts'

/** What came of one exercise of one student. */
export interface ExerciseMarks {
  readonly state: Program['state'] | 'graded' | 'could not be graded'
  readonly points: number
  readonly held: number
  readonly of: number
  /** What does not hold. */
  readonly missing: readonly Pick<Finding, 'property' | 'problem' | 'loot'>[]
  /** Where nothing was graded: why. */
  readonly why?: string
  readonly values?: Ownership['values']
  /** The name of the student whose variant they are, where that is another. */
  readonly valuesOf?: string
}

export interface StudentMarks extends StudentPoints {
  readonly exercises: Readonly<Record<string, ExerciseMarks>>
}

export interface CollectOptions {
  readonly jobs: number
  readonly timeLimitSec: number
  readonly onGraded: (done: number, of: number) => void
}

export async function collect(
  folder: string,
  { key, students }: Course,
  exercises: readonly (Exercise & Weighted)[],
  options: CollectOptions,
): Promise<StudentMarks[]> {
  const programs = new Map<string, Program>()
  // Copies, to the byte, are graded once: as long as a program imports no other file.
  const orders = new Map<string, Order>()
  const keyOf = (student: Student, { number }: Exercise) => `${student.folder}/${number}`
  const orderOf = new Map<string, string>()
  const properties = new Map<string, number>()
  for (const exercise of exercises) {
    const { file, properties: all } = await graderOf(exercise)
    properties.set(exercise.number, all.length)
    for (const student of students) {
      const program = programOf(join(folder, student.folder), exercise, file)
      programs.set(keyOf(student, exercise), program)
      if (program.state !== 'written') continue
      const same = isAlone(program.text) ? `${exercise.number} ${program.text}` : keyOf(student, exercise)
      orderOf.set(keyOf(student, exercise), same)
      orders.set(same, {
        exercise: exercise.number,
        file: program.file,
        timeLimitSec: options.timeLimitSec,
      })
    }
  }
  const graded = await gradeAll([...orders.values()], options.jobs, (done) =>
    options.onGraded(done, orders.size),
  )
  const gradeBy = new Map([...orders.keys()].map((same, i) => [same, graded[i] as Graded] as const))
  const judges = new Map(exercises.map(({ number }) => [number, judgeOf(key, students, number)] as const))
  return students.map((student) => {
    const place = join(folder, student.folder)
    const values = valuesOf(place)
    const marks = exercises.map((exercise) => {
      const { number, weight } = exercise
      const which = keyOf(student, exercise)
      const outcome = gradeBy.get(orderOf.get(which) ?? '')
      const program = programs.get(which) as Program
      const of = properties.get(number) ?? 0
      const owned = judges.get(number)?.(student, values[number])
      return [number, { ...marked(program, outcome, weight, of), ...told(owned) }] as const
    })
    const written = marks.filter(([, { state }]) => state !== 'not handed in')
    return {
      student,
      exercises: Object.fromEntries(marks),
      points: Object.fromEntries(marks.map(([number, one]) => [number, one.points])),
      isMissing: !existsSync(place) || written.length === 0,
      remark: remarkOf(marks),
    }
  })
}

/** Whether all that counts is in this one file. */
function isAlone(text: string): boolean {
  const withoutTypes = text.replace(/^import type [^'"]*from\s*['"][^'"]*['"]/gm, '')
  return !/['"`]\.{1,2}\//.test(withoutTypes)
}

function marked(program: Program, outcome: Graded | undefined, weight: number, of: number): ExerciseMarks {
  const nothing = { points: 0, held: 0, of, missing: [] }
  if (program.state === 'refused') return { state: 'refused', ...nothing, why: program.why }
  if (!outcome) return { state: program.state, ...nothing }
  if ('error' in outcome) return { state: 'could not be graded', ...nothing, why: outcome.error }
  const { grade } = outcome
  const good = held(grade)
  return { state: 'graded', points: (weight * good) / of, held: good, of, missing: missing(grade) }
}

function missing({ findings }: Grade): ExerciseMarks['missing'] {
  return findings.flatMap(({ property, problem, loot }) =>
    problem === undefined ? [] : [{ property, problem, ...(loot && { loot }) }],
  )
}

function told(owned: Ownership | undefined): Pick<ExerciseMarks, 'values' | 'valuesOf'> {
  if (!owned) return {}
  return { values: owned.values, ...(owned.values === 'copied' && { valuesOf: owned.from.name }) }
}

/** Whose values they are. It holds no words of a student's program: tables are read by spreadsheets. */
function remarkOf(marks: readonly (readonly [string, ExerciseMarks])[]): string {
  const judged = marks.filter(([, { values }]) => values !== undefined)
  const right = judged.filter(([, { values }]) => values === 'right').length
  const copied = judged.flatMap(([number, { valuesOf }]) =>
    valuesOf === undefined ? [] : [`${number} ${valuesOf}'s`],
  )
  return [`${right} of ${judged.length} right`, ...copied].join(', ')
}
