/**
 * One request after the other on each connection: the next is looked at when the answer before has gone to the system, which takes no more
 * than the other end reads. Node would have all of them answered at once (HTTP pipelining, RFC 9112 §9.3.2).
 *
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** What is asked on one connection. */
interface Line {
  readonly current: ServerResponse
  readonly waiting: [IncomingMessage, ServerResponse][]
}

/** Gives each request its turn. */
export class Turns {
  readonly #listener: RequestListener
  readonly #maxWaiting: number
  readonly #lines = new WeakMap<Duplex, Line>()

  /** @param maxWaiting - requests that wait on a connection; one more ends it. */
  constructor(listener: RequestListener, maxWaiting: number) {
    this.#listener = listener
    this.#maxWaiting = maxWaiting
  }

  /** Listens to a server. */
  readonly listen: RequestListener = (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const line = this.#lines.get(socket)
    if (!line) this.#take(request, response, [])
    // No client of ours sends a request before it has the answer to the last one.
    else if (line.waiting.length >= this.#maxWaiting) socket.destroy()
    else line.waiting.push([request, response])
  }

  /** Whether something is being answered on a connection, so that nothing may be said in between. */
  isAnswering(socket: Duplex): boolean {
    const line = this.#lines.get(socket)
    return (
      line !== undefined && (line.current.headersSent || line.current.req.complete || line.waiting.length > 0)
    )
  }

  #take(request: IncomingMessage, response: ServerResponse, waiting: Line['waiting']): void {
    const { socket } = request
    this.#lines.set(socket, { current: response, waiting })
    response.once('close', () => {
      const next = waiting.shift()
      if (next && !socket.destroyed) this.#take(...next, waiting)
      else this.#lines.delete(socket)
    })
    this.#listener(request, response)
  }
}
