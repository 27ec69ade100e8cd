/**
 * Assertions about errors by their code. uvu's `assert.throws` does not await, so a rejected promise would pass it
 * unseen: tests use these two, and `test/conventions.test.ts` refuses the other.
 */

import * as assert from 'uvu/assert'

function check(error: unknown, code: string): void {
  const actual = (error as { code?: unknown }).code
  const message = `expected an error with code ${code}, got ${actual ?? error}`
  assert.ok(actual === code, new Error(message, { cause: error }))
}

/** `run` throws, now, an error with this code. */
export function throws(run: () => unknown, code: string): void {
  let returned: unknown
  try {
    returned = run()
  } catch (error) {
    check(error, code)
    return
  }
  if (returned instanceof Promise) throw new TypeError('throws() got a promise: use rejects()')
  throw new Error(`expected an error with code ${code}, but nothing was thrown`)
}

/** The promise rejects with an error with this code. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  try {
    await promise
  } catch (error) {
    check(error, code)
    return
  }
  throw new Error(`expected a rejection with code ${code}, but the promise resolved`)
}
