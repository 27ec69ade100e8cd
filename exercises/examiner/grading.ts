/**
 * An exercise's grader, and what it does with a student's program: one property after the other, each told as soon as it is found out.
 *
 * @module
 */

import { StudentError, StudentProgram } from './program.ts'
import { type Finding, Missing, type Property } from './property.ts'
import { type Materials, makeWorkbench } from './workbench.ts'

/** What an exercise's `grader.ts` exports as `grader`. */
export interface Grader<Subject> {
  /** The file that the student writes, such as `ticket.ts`. */
  readonly file: string
  /** What of `symbolon/protocol` the student may use. */
  readonly tools: readonly string[]
  /** In the order in which a student gets to them. */
  readonly properties: readonly Property<Subject>[]
  /** What the properties look at, made of a program that was loaded. Default: the program itself. */
  readonly subject?: (program: StudentProgram) => Subject
}

export interface GradingOptions {
  /** Stop at the first property that does not hold. */
  readonly first: boolean
  /** For one call of the student's program. */
  readonly timeLimitSec: number
}

export interface Grade {
  readonly properties: readonly string[]
  readonly findings: readonly Finding[]
  /** What the program printed. */
  readonly printed: string
}

/** Grades one file. */
export async function gradeFile<Subject>(
  grader: Grader<Subject>,
  materials: Omit<Materials, 'tools'>,
  options: GradingOptions,
): Promise<Grade> {
  const names = grader.properties.map(({ name }) => name)
  try {
    const bench = await makeWorkbench({ ...materials, tools: grader.tools })
    const program = new StudentProgram(bench, options)
    try {
      const subject = grader.subject ? grader.subject(program) : (program as Subject)
      const findings = await findOut(grader.properties, subject, options, () => program.settle())
      return { properties: names, findings, printed: program.printed }
    } finally {
      await program.end()
      bench.remove()
    }
  } catch (error) {
    if (!(error instanceof Missing && error.kind === 'not loaded')) throw error
    // Nothing can be judged, so no property is explained.
    const findings = names.map((property) => ({ property, why: '', problem: error.message }))
    return { properties: names, findings, printed: '' }
  }
}

/** Judges one property after the other. */
export async function findOut<Subject>(
  properties: readonly Property<Subject>[],
  subject: Subject,
  { first }: Pick<GradingOptions, 'first'>,
  settle: () => Promise<void>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const property of properties) {
    const finding = await judge(property, subject, settle)
    findings.push(finding)
    if (first && finding.problem !== undefined) break
  }
  return findings
}

async function judge<Subject>(
  property: Property<Subject>,
  subject: Subject,
  settle: () => Promise<void>,
): Promise<Finding> {
  const { name, why } = property
  try {
    await property.check(subject)
    await settle()
    return { property: name, why }
  } catch (error) {
    // Anything else is the grader's own fault, and no student's.
    if (!(error instanceof Missing || error instanceof StudentError)) throw error
    const loot = error instanceof Missing ? error.loot : undefined
    const isUnwritten = error instanceof StudentError && error.message.startsWith('exercise ')
    return { property: name, why: isUnwritten ? '' : why, problem: error.message, ...(loot && { loot }) }
  }
}
