/**
 * Being asked to stop.
 *
 * @module
 */

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
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}
