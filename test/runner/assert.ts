/**
 * uvu's assertions, counted: a test that comes to its end without one has tested nothing.
 *
 * @module
 */
import * as assert from 'uvu/assert'

let evaluated = 0

/** How many assertions were evaluated so far. */
export function evaluatedAssertions(): number {
  return evaluated
}

type Callable = (...args: never[]) => unknown

// `not` has the others as properties, and some name each other.
const known = new Map<Callable, Callable>()

function counted<F extends Callable>(assertion: F): F {
  const counting = (...args: never[]) => {
    evaluated++
    return assertion(...args)
  }
  known.set(assertion, counting)
  for (const [name, other] of Object.entries(assertion)) {
    Object.assign(counting, { [name]: known.get(other as Callable) ?? counted(other as Callable) })
  }
  return counting as F
}

export const { Assertion } = assert
export const ok: typeof assert.ok = counted(assert.ok)
export const is: typeof assert.is = counted(assert.is)
export const equal: typeof assert.equal = counted(assert.equal)
export const type: typeof assert.type = counted(assert.type)
export const instance: typeof assert.instance = counted(assert.instance)
export const match: typeof assert.match = counted(assert.match)
export const snapshot: typeof assert.snapshot = counted(assert.snapshot)
export const fixture: typeof assert.fixture = counted(assert.fixture)
export const throws: typeof assert.throws = counted(assert.throws)
export const unreachable: typeof assert.unreachable = counted(assert.unreachable)
export const not: typeof assert.not = counted(assert.not)
