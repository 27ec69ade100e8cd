/**
 * How a command is graded: by the properties of its exercise, each run a new process.
 *
 * @module
 */
import { findOut, type Grade, type GradingOptions } from '../examiner/grading.ts'
import type { Property } from '../examiner/property.ts'
import type { CommandOptions } from './alice.ts'
import { Command } from './command.ts'

/** Of one exercise. */
export interface Grading<Subject> {
  readonly properties: readonly Property<Subject>[]
  subject(command: Command, options: CommandOptions): Subject
  /** Ends what the subject keeps going, its runs apart. */
  readonly end?: (subject: Subject) => Promise<void>
}

/** For all that one property tries. */
const PROPERTY_LIMIT_SEC = 120

/** How long things may take. */
export type CommandGradingOptions = CommandOptions & Pick<GradingOptions, 'first'>

/** Grades one command; when this is over, nothing that it started is left. */
export async function gradeCommand<Subject>(
  { properties, subject: make, end }: Grading<Subject>,
  argv: readonly string[],
  folder: string,
  options: CommandGradingOptions,
): Promise<Grade> {
  const command = new Command(argv, folder)
  const subject = make(command, options)
  try {
    const limits = { first: options.first, timeLimitSec: PROPERTY_LIMIT_SEC / 3 }
    const findings = await findOut(properties, subject, limits, async () => {})
    return { properties: properties.map(({ name }) => name), findings, printed: '' }
  } finally {
    await end?.(subject)
    await command.close()
  }
}
