/** Turns of the event loop. */

/**
 * Runs something when this turn of the event loop is over. Browsers have no setImmediate; their setTimeout is late by
 * some milliseconds once it is used again and again.
 */
export const later: (run: () => void) => unknown = globalThis.setImmediate ?? ((run) => setTimeout(run, 0))

/** Lets others have their turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => later(resolve))
}
