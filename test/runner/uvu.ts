/**
 * uvu's suites, which tell the runner what there is, what runs and how it ended.
 *
 * @module
 */
import * as uvu from 'uvu'
import { evaluatedAssertions } from './assert.ts'
import { ONLY_FOR, type Why } from './messages.ts'
import { report } from './report.ts'

const only = process.env[ONLY_FOR]
// What the tests start is not concerned.
delete process.env[ONLY_FOR]

let suites = 0
let tests = 0

export function suite<T>(name = '', context?: T): uvu.Test<T> {
  const inner = uvu.suite<T>(name, context)
  const suite = suites++
  report({ type: 'suite', suite, name })

  const reported = (title: string, handler: uvu.Callback<T>): uvu.Callback<T> => {
    const test = tests++
    report({ type: 'test', test, suite, name: title })
    return async (state) => {
      const before = evaluatedAssertions()
      let ok = false
      report({ type: 'starts', test })
      try {
        await handler(state)
        ok = true
      } finally {
        report({ type: 'ends', test, ok, asserted: evaluatedAssertions() > before })
      }
    }
  }
  // uvu swallows what these throw.
  const heard = (hook: uvu.Callback<T>): uvu.Callback<T> => {
    return async (state) => {
      try {
        await hook(state)
      } catch (error) {
        process.stderr.write(`${name}: a hook failed: ${(error as Error)?.stack ?? error}\n`)
        throw error
      }
    }
  }
  const hooks = (place: 'before' | 'after') =>
    Object.assign((hook: uvu.Callback<T>) => inner[place](heard(hook)), {
      each: (hook: uvu.Callback<T>) => inner[place].each(heard(hook)),
    })

  const isLeftOut = (as: string | undefined) => only !== undefined && only !== as
  const add = (title: string, handler: uvu.Callback<T>, as?: string) => {
    if (!isLeftOut(as)) inner(title, reported(title, handler))
  }
  const skip = (title = '', _handler?: uvu.Callback<T>, { why, as }: Partial<Why> = {}) => {
    inner.skip(title)
    if (!isLeftOut(as)) report({ type: 'skipped', suite, name: title, why: why ?? 'no reason is given', as })
  }
  return Object.assign(add, {
    only: (title: string, handler: uvu.Callback<T>) => inner.only(title, reported(title, handler)),
    skip,
    before: hooks('before'),
    after: hooks('after'),
    run: () => {
      report({ type: 'run', suite })
      inner.run()
    },
  })
}
