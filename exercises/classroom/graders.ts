/**
 * Several processes that grade, so that a class is graded on all the processors that there are.
 *
 * @module
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { FOLDER } from '../runner/catalogue.ts'
import { forkTs } from '../runner/start.ts'
import type { Graded, Order } from './grading-process.ts'

/** A program is ended twice at most, and waited for three calls each time: no grading that goes on takes longer. */
const CALLS_IN_ALL = 40

/** Grades all of them, `jobs` at once. @returns what came of each, in their order. */
export async function gradeAll(
  orders: readonly Order[],
  jobs: number,
  onGraded: (done: number) => void,
): Promise<Graded[]> {
  const results: Graded[] = []
  let next = 0
  let done = 0
  const work = async () => {
    let grader: ChildProcess | undefined
    for (let index = next++; index < orders.length; index = next++) {
      const order = orders[index] as Order
      grader ??= forkTs(join(FOLDER, 'classroom', 'grading-process.ts'), [])
      const graded = await answer(grader, order)
      results[index] = graded
      onGraded(++done)
      // It may be busy with that one still.
      if (!('error' in graded)) continue
      grader.kill('SIGKILL')
      grader = undefined
    }
    if (!grader) return
    // 'close' does not come after a channel that was closed from here.
    const over = once(grader, 'exit')
    grader.disconnect()
    await over
  }
  await Promise.all(Array.from({ length: Math.min(jobs, orders.length) }, work))
  return results
}

function answer(grader: ChildProcess, order: Order): Promise<Graded> {
  return new Promise((resolve) => {
    const finish = (graded: Graded) => {
      clearTimeout(timer)
      grader.off('message', finish).off('exit', onExit)
      resolve(graded)
    }
    const onExit = () => finish({ error: 'the grader ended' })
    const limit = CALLS_IN_ALL * order.timeLimitSec
    const timer = setTimeout(() => finish({ error: `it took more than ${limit} s` }), 1000 * limit)
    grader.on('message', finish).on('exit', onExit)
    grader.send(order)
  })
}
