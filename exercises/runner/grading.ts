/**
 * Runs a grader in a process of its own, which is stopped when nothing happens for too long, so that an endless loop or a
 * file that does not compile gives a sentence, not a silence or a stack.
 *
 * @module
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { join } from 'node:path'
import { FIRST_VARIABLE, MODULE_VARIABLE, type Report } from '../grader.ts'
import { type Exercise, ROOT } from './catalogue.ts'

/** What was found out about one property. */
export type Finding = Extract<Report, { property: string }>

export interface Grade {
  readonly properties: readonly string[]
  readonly findings: readonly Finding[]
  /** Why it ended before every property was judged. */
  readonly stopped?: string
}

export interface GradingOptions {
  /** Stop at the first property that does not hold. */
  readonly first: boolean
  readonly timeLimitSec: number
}

/** Grades the file `module`. */
export async function grade(
  { folder, file }: Exercise,
  module: string,
  options: GradingOptions,
): Promise<Grade> {
  const { first, timeLimitSec } = options
  const child = forkTs(join(folder, file.replace('.ts', '.test.ts')), [], {
    env: { ...process.env, [MODULE_VARIABLE]: module, [FIRST_VARIABLE]: first ? '1' : '' },
    // What the student's code prints comes on stderr; uvu's own report is not needed.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let properties: readonly string[] = []
  const findings: Finding[] = []
  let stopped: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const waitAgain = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      stopped = `nothing happened for ${timeLimitSec} s: is there an endless loop?`
      child.kill('SIGKILL')
    }, timeLimitSec * 1000)
  }
  waitAgain()
  child.on('message', (report: Report) => {
    waitAgain()
    if ('properties' in report) properties = report.properties
    else findings.push(report)
  })
  await ended(child)
  clearTimeout(timer)
  if (findings.length < properties.length) {
    stopped ??= 'the program ended by itself: is there a process.exit?'
  }
  return { properties, findings, ...(stopped && { stopped }) }
}

/** Starts one of the exercises' programs; it ends when we do. */
export function forkTs(path: string, args: string[], options: ForkOptions = {}): ChildProcess {
  const child = fork(path, args, { cwd: ROOT, execArgv: ['--import', 'tsx'], ...options })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  return child
}

/** @returns the exit status, or nothing when a signal ended it. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve))
}
