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

/** The time limit is for a message: of more calls some would be too many where a machine has much else to do. */
const IN_A_MESSAGE = 50

/** Makes many calls with a few messages. */
export async function inParts<Given, Came>(
  all: readonly Given[],
  call: (part: readonly Given[]) => Promise<readonly Came[]>,
): Promise<Came[]> {
  const came: Came[] = []
  for (let i = 0; i < all.length; i += IN_A_MESSAGE)
    came.push(...(await call(all.slice(i, i + IN_A_MESSAGE))))
  return came
}
