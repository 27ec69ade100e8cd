/**
 * Standard input as something to be sent whose size nobody knows yet.
 *
 * @module
 */
import { Readable } from 'node:stream'
import { contentOf, type FileSource } from '../../lib/transfer/index.ts'

/**
 * @param pieces - read once, as they are asked for.
 * @param name - without one it is a stream: for a receiver that passes it on.
 */
export function pipeSource(pieces: AsyncIterable<Uint8Array>, name?: string): FileSource {
  const kind = name === undefined ? 'bytes' : 'file'
  // One piece ahead, no more: they may be large.
  const open = async () => contentOf(Readable.from(pieces, { highWaterMark: 1 }))
  return { kind, name: name ?? 'standard input', open }
}
