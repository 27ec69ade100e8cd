/**
 * The sum of a test run.
 *
 * @module
 */
import type { Outcome } from './file-run.ts'
import type { Skip } from './tally.ts'

export interface Sum {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly Skip[]
}

/**
 * @param first - of everything.
 * @param again - of what the first left to another user.
 * @param onCi - there, what was not run by either has failed: everything it needs is installed.
 */
export function sumOf(first: readonly Outcome[], again: readonly Outcome[], onCi: boolean): Sum {
  const outcomes = [...first, ...again]
  const skipped = outcomes
    .flatMap((outcome) => outcome.skipped)
    .filter(({ as }) => again.length === 0 || as !== 'an ordinary user')
  const count = (key: 'passed' | 'failed') => outcomes.reduce((n, outcome) => n + outcome[key], 0)
  const failed = count('failed') + (onCi ? skipped.length : 0)
  return { passed: count('passed'), failed, skipped: onCi ? [] : skipped }
}

/** The last line. */
export function lastLine({ passed, failed, skipped }: Sum): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}
