/**
 * Exponential back-off with jitter: who tries again waits longer each time, and thousands do not do so in step.
 *
 * @module
 */

/**
 * How long to wait before the next try.
 *
 * @param failures - how often it has failed, one after the other: at least 1.
 * @param options.firstMs - the longest wait after the first failure, in milliseconds; it doubles with each.
 * @param options.mostMs - and the longest of all.
 * @param random - from 0 to 1.
 * @returns milliseconds: half to the whole of what the failures call for.
 */
export function backoffMs(
  failures: number,
  options: { readonly firstMs: number; readonly mostMs: number },
  random = Math.random(),
): number {
  return Math.min(options.mostMs, options.firstMs * 2 ** (failures - 1)) * (0.5 + random / 2)
}
