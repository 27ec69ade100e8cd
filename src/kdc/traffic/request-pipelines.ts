/**
 * One request after the other on each connection: the next is looked at when the answer before has gone to the system, which takes no more
 * than the other end reads. Node would have all of them answered at once (HTTP pipelining, RFC 9112 §9.3.2).
 *
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { announcedBytes } from './answer.ts'
import type { Limits } from './limits.ts'

/** What is asked on one connection. */
interface Line {
  readonly current: ServerResponse
  readonly waiting: [IncomingMessage, ServerResponse][]
}

type PipelineLimits = Pick<Limits, 'maxPipelined' | 'maxPipelinedBytes'>

export class RequestPipelines {
  readonly #listener: RequestListener
  readonly #limits: PipelineLimits
  readonly #lines = new WeakMap<Duplex, Line>()

  constructor(listener: RequestListener, limits: PipelineLimits) {
    this.#listener = listener
    this.#limits = limits
  }

  readonly listen: RequestListener = (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const line = this.#lines.get(socket)
    if (!line) this.#take(request, response, [])
    // No client of ours sends a request before it has the answer to the last one.
    else if (this.#hasRoom(line, request)) line.waiting.push([request, response])
    else socket.destroy()
  }

  /** Whether something is being answered on a connection, so that nothing may be said in between. */
  isAnswering(socket: Duplex): boolean {
    const line = this.#lines.get(socket)
    return (
      line !== undefined && (line.current.headersSent || line.current.req.complete || line.waiting.length > 0)
    )
  }

  #hasRoom({ waiting }: Line, request: IncomingMessage): boolean {
    const bytes = waiting.reduce((sum, [other]) => sum + announcedBytes(other), announcedBytes(request))
    return waiting.length < this.#limits.maxPipelined && bytes <= this.#limits.maxPipelinedBytes
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
