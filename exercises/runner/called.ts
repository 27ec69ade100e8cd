/**
 * How the tools are called, `npm run exercise`, `grade` and `classroom`: from where, and what ends them.
 *
 * @module
 */
import { resolve } from 'node:path'

/** Where npm was called: it runs the tools in the project's folder. */
export const CALLED_IN: string = resolve(process.env.INIT_CWD ?? '.')

/** A path as it was meant where npm was called. */
export function fromCaller(path: string): string {
  return resolve(CALLED_IN, path)
}

/** What was started ends with us, and copies are removed: at 'exit', which a signal alone does not bring about. */
export function exitOnSignals(): void {
  const onSignal = (_signal: string, number: number) => process.exit(128 + number)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal)
}
