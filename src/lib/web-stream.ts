/**
 * A Node stream as a pair of web streams. Node's own `Duplex.toWeb` ends what is read only when both halves are over (in
 * Node 20 and 22), and would have two sides wait for one another.
 *
 * @module
 */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { ReadableStream, WritableStream } from 'node:stream/web'

/** Bytes both ways. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** To cancel what is read, or abort what is written, destroys the stream. */
export function toWebStreams(stream: Duplex): WebStreams {
  // Its errors are told to whoever reads or writes.
  stream.on('error', () => {})
  return { readable: readableOf(stream), writable: writableOf(stream) }
}

function readableOf(stream: Duplex): ReadableStream<Uint8Array> {
  const pieces = stream.iterator({ destroyOnReturn: false })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => void stream.destroy(),
    },
    { highWaterMark: 0 },
  )
}

function writableOf(stream: Duplex): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    start(controller) {
      stream.once('error', (error) => controller.error(error))
    },
    async write(piece) {
      if (!stream.write(piece)) await once(stream, 'drain')
    },
    async close() {
      stream.end()
      await once(stream, 'finish')
    },
    abort: () => void stream.destroy(),
  })
}
