/**
 * Starts the exercises' own programs, such as `talk.ts`.
 *
 * @module
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { ROOT } from './catalogue.ts'

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
