/** Being asked to stop. */
import { ToolError } from './errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves at the first SIGINT (Ctrl+C), SIGTERM or SIGHUP; the second ends the process at once, with the status that
 * shells give to a death by that signal.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (_signal: string, number: number) => {
      if (asked) process.exit(128 + number)
      asked = true
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}

/** Ctrl+C where a conversation has the terminal, and the system sends no signal: counts as one. */
export function askToStop(): void {
  ;(process as NodeJS.EventEmitter).emit('SIGINT', 'SIGINT', 2)
}

/** The same, for work that is cut short by it: the signal's reason is the error to end with. */
export function stopping(): AbortSignal {
  const stopped = new AbortController()
  stopSignal().then(() => stopped.abort(new ToolError('stopped')))
  return stopped.signal
}
