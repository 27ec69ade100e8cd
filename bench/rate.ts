/**
 * How quickly something goes.
 *
 * @module
 */

/** @returns so many a second. */
export async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return count / ((performance.now() - from) / 1000)
}

/** Does something again and again, several at once. */
export async function repeat(count: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  let left = count
  const fairQueue = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, fairQueue))
}
