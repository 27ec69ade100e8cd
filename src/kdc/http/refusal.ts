/**
 * What becomes of whatever is thrown while a request is answered.
 *
 * @module
 */
import type { Kdc } from '../context.ts'
import { type ProblemResponse, renderProblem, toProblem } from '../problems.ts'

/**
 * Judges an error, and tells the log what only the operator may know of it.
 *
 * @param path - of the request.
 * @returns the answer to it.
 */
export function refusalOf({ log }: Pick<Kdc, 'log'>, error: unknown, path: string): ProblemResponse {
  const problem = toProblem(error)
  if (problem.code === 'internal') log.error({ err: error, path }, 'internal_error')
  if (problem.code === 'store_unavailable') log.warn({ err: error }, 'store_unavailable')
  return renderProblem(problem)
}
