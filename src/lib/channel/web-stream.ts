/**
 * A Node stream as a pair of web streams. Node's own `Duplex.toWeb` ends what is read only when both halves are over (in
 * Node 20 and 22), and would have two sides wait for one another.
 */
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { ReadableStream, WritableStream, WritableStreamDefaultController } from 'node:stream/web'
import { ProtocolError } from '../errors.ts'

/** Bytes both ways. */
export interface WebStreams {
  /** The peer's half. */
  readonly readable: ReadableStream<Uint8Array>
  /** Ours. */
  readonly writable: WritableStream<Uint8Array>
}

/** To cancel what is read, or abort what is written, destroys the stream. */
export function toWebStreams(stream: Duplex): WebStreams {
  return { readable: readableOf(stream), writable: writableOf(stream) }
}

function readableOf(stream: Duplex): ReadableStream<Uint8Array> {
  const pieces = stream.iterator({ destroyOnReturn: false })
  return new globalThis.ReadableStream<Uint8Array>(
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
  return new globalThis.WritableStream<Uint8Array>({
    // The signal is missing in the types of Node 20, not in Node 20.
    start(controller: WritableStreamDefaultController & { readonly signal?: AbortSignal }) {
      stream.once('error', (error) => controller.error(error))
      stream.once('close', () => {
        if (!stream.writableFinished) controller.error(reasonOf(stream))
      })
      // At once: what a sink has for it waits until what is being written has been.
      controller.signal?.addEventListener('abort', () => stream.destroy())
    },
    async write(piece) {
      if (!stream.write(piece)) await until(stream, 'drain')
    },
    async close() {
      stream.end()
      await until(stream, 'finish')
    },
  })
}

/** Waits for something that a stream does not say any more once it is destroyed, be it with an error or without. */
async function until(stream: Duplex, event: 'drain' | 'finish'): Promise<void> {
  const closed = new AbortController()
  const close = () => closed.abort()
  if (stream.destroyed) close()
  stream.once('close', close)
  try {
    await once(stream, event, { signal: closed.signal })
  } catch {
    throw reasonOf(stream)
  } finally {
    stream.off('close', close)
  }
}

/** Why a stream was destroyed. */
function reasonOf(stream: Duplex): Error {
  return stream.errored ?? new ProtocolError('channel_closed', 'the stream was destroyed at this end')
}
