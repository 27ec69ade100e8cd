/**
 * Waiting no longer than a signal allows.
 *
 * @module
 */

/**
 * The outcome of a promise, unless `signal` is aborted before: what the promise stands for goes on unheard.
 *
 * @throws the reason of `signal`; what the promise rejects with.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    // Of what lost the race.
    promise.catch(() => {})
  }
}
