/**
 * Exponential back-off with jitter: who tries again waits longer each time, and thousands do not do so in step.
 *
 * @module
 */

/** How long waits are. */
export interface Backoff {
  /** The longest wait after the first failure, in milliseconds; it doubles with each. */
  readonly firstMs: number
  /** And the longest of all. */
  readonly mostMs: number
}

/**
 * How long to wait before the next try.
 *
 * @param failures - how often it has failed, one after the other: at least 1.
 * @param random - from 0 to 1.
 * @returns milliseconds: half to the whole of what the failures call for.
 */
export function backoffMs(failures: number, { firstMs, mostMs }: Backoff, random = Math.random()): number {
  return Math.min(mostMs, firstMs * 2 ** (failures - 1)) * (0.5 + random / 2)
}
