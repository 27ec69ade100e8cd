/** What takes too long to be tried each time. */

/** One of so many of them; all with `MISTAKES=all`. */
export function shareOf<T>(all: readonly T[], oneIn: number): T[] {
  return process.env.MISTAKES === 'all' ? [...all] : all.filter((_, i) => i % oneIn === 0)
}
