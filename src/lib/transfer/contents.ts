/**
 * Contents that come from something other than a file.
 *
 * @module
 */
import type { Readable } from 'node:stream'
import type { Content } from './items.ts'

/** What a readable stream gives, to its end; of unknown size. */
export function contentOf(readable: Readable): Content {
  const iterator = readable[Symbol.asyncIterator]()
  let piece = new Uint8Array(0)
  return {
    async read(into) {
      while (piece.length === 0) {
        const { done, value } = await iterator.next()
        if (done) return 0
        piece = value
      }
      const part = piece.subarray(0, into.length)
      into.set(part)
      piece = piece.subarray(part.length)
      return part.length
    },
    async close() {
      // Not by the iterator, which would wait for what is still being read.
      readable.destroy()
    },
  }
}
