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
      return { properties: names, findings, printed: program.printed.slice(0, MAX_SHOWN_CHARS) }
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
  options: GradingOptions,
  settle: () => Promise<void>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  let stops = 0
  for (const property of properties) {
    if (stops >= MAX_STOPS) {
      const problem = 'this was not tried any more: your program had to be ended twice.'
      findings.push({ property: property.name, why: '', problem })
      continue
    }
    const finding = await judge(property, subject, options, settle)
    findings.push(finding)
    if (finding.stopped) stops++
    if (options.first && finding.problem !== undefined) break
  }
  return findings
}

/** Of what a program printed. */
const MAX_SHOWN_CHARS = 256 * 1024
/** Of a program that hangs each property takes as long as there is patience. */
const MAX_STOPS = 2
/** A grader waits for no more than so many calls of a program one after the other. */
const CALLS = 3

async function inTime(checked: Promise<void> | void, seconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<void>((_, reject) => {
    const problem = `the grader has waited for ${seconds} s for what should come now.`
    timer = setTimeout(() => reject(new Missing(problem, 'stopped')), 1000 * seconds)
  })
  try {
    await Promise.race([checked, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

async function judge<Subject>(
  property: Property<Subject>,
  subject: Subject,
  { timeLimitSec }: GradingOptions,
  settle: () => Promise<void>,
): Promise<Finding> {
  const { name, why } = property
  try {
    await inTime(property.check(subject), CALLS * timeLimitSec)
    await settle()
    return { property: name, why }
  } catch (error) {
    // Anything else is the grader's own fault, and no student's.
    if (!(error instanceof Missing || error instanceof StudentError)) throw error
    const loot = error instanceof Missing ? error.loot : undefined
    const isUnwritten = error instanceof StudentError && error.message.startsWith('exercise ')
    const stopped = error instanceof Missing && error.kind === 'stopped'
    const found = { property: name, why: isUnwritten ? '' : why, problem: error.message }
    return { ...found, ...(loot && { loot }), ...(stopped && { stopped }) }
  }
}
