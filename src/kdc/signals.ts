/**
 * Being asked to stop.
 *
 * @module
 */

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** Of one Ctrl+C a process under `npm run` gets two signals, from the terminal and from npm. */
const SAME_REQUEST_MS = 500

/** Resolves at the first request to stop. At the second the process ends at once. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined
    const onSignal = () => {
      const now = performance.now()
      if (first !== undefined && now - first > SAME_REQUEST_MS) process.exit(1)
      first ??= now
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}
