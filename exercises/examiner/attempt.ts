/**
 * Calls that may be refused.
 *
 * @module
 */
import { StudentError } from './program.ts'

/** What a call gave, or how it was refused. */
export type Outcome = { readonly gave: unknown } | { readonly error: StudentError }

/** @throws StudentError when it was not refused: it is not written yet. */
export async function attempt(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { gave: await call }
  } catch (error) {
    if (!(error instanceof StudentError)) throw error
    return refusal(error)
  }
}

/** @throws StudentError when it is none: it is not written yet. */
export function refusal(error: StudentError): { readonly error: StudentError } {
  const { name, message } = error.thrown
  if (name === 'Missing' || message.startsWith('exercise ')) throw error
  return { error }
}
