/** Being stopped (Ctrl+Z, `kill -STOP`) and going on (`fg`) while the terminal is raw: meanwhile the shell has set it as it needs it. */

/**
 * Ctrl+Z where the terminal is raw, and sends no signal for it: stops the processes that it would stop. Where there is no shell to stop
 * for, the system stops nothing, and `goOn` is called at once.
 */
export function suspend(goOn: () => void): void {
  if (process.platform === 'win32') return
  process.stdin.setRawMode(false)
  // The whole job, as the terminal itself would: of what started us, too, a shell waits for it to stop.
  process.kill(0, 'SIGTSTP')
  setImmediate(goOn)
}

/** Makes the terminal raw, whatever it is now: asked for what it believes to be so, Node does nothing. */
export function makeRaw(): void {
  process.stdin.setRawMode(false)
  process.stdin.setRawMode(true)
}

/** Hears of going on after having been stopped, by whatever signal. @returns the function that ends it. */
export function whenContinued(goOn: () => void): () => void {
  process.on('SIGCONT', goOn)
  return () => {
    process.off('SIGCONT', goOn)
  }
}
