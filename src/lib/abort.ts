/**
 * Waiting: for what is settled elsewhere, and no longer than a signal allows.
 *
 * @module
 */
import { judgeOptions } from './check-options.ts'

/** How to wait. */
export interface WaitOptions {
  /** Ends the waiting, with its reason: what was asked for may or may not happen then. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Begins something and gives its outcome, unless `signal` is aborted before: then it goes on unheard.
 *
 * @throws the reason of `signal`, when it was aborted already before anything is done; what `run` throws.
 */
export async function untilAborted<T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return run()
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  // What loses the race is heard by it, and by nothing else.
  try {
    return await Promise.race([run(), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Does what a public function is called for, no longer than its options allow.
 *
 * @param where - the function.
 * @throws TypeError for options other than `WaitOptions`; as `untilAborted`.
 */
export async function abortable<T>(where: string, options: WaitOptions, run: () => Promise<T>): Promise<T> {
  judgeOptions(where, options, { signal: 'signal' })
  return untilAborted(run, options.signal)
}

/** A promise, and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** `Promise.withResolvers`, which Node has from 22 on. */
export function deferred<T>(): Deferred<T> {
  const settle = {} as Pick<Deferred<T>, 'resolve' | 'reject'>
  const promise = new Promise<T>((resolve, reject) => Object.assign(settle, { resolve, reject }))
  return { promise, ...settle }
}
