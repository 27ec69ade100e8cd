/**
 * Contents as streams, and streams as contents.
 *
 * @module
 */
import type { Readable } from 'node:stream'
import { ProtocolError } from '../errors.ts'
import type { Content } from './items.ts'

const PIECE_BYTES = 64 * 1024

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

/**
 * All of a content whose size is known, once, to where reading ends.
 *
 * @throws ProtocolError `file_changed` when it ends elsewhere, or is not what it was when it was opened; what reading it throws.
 */
export async function* contentPieces(
  content: Content & { readonly size: number },
): AsyncGenerator<Uint8Array> {
  let position = 0
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES)
    const bytes = await content.read(piece, position)
    if (bytes === 0) break
    position += bytes
    yield piece.subarray(0, bytes)
  }
  if (position !== content.size) {
    throw new ProtocolError('file_changed', 'a program wrote to the file while it was being sent')
  }
  await content.verify?.()
}
