/**
 * The connections that there are, and which of them gives way when there are too many: one that keeps a place without a complete
 * request under way, whether it has asked something before or not, of the network that has most of those. And one request after the
 * other on each.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { plainAddress } from '../../lib/network/address.ts'
import { networkOf } from '../network/ip.ts'
import { announcedBytes, isWhole } from './answer.ts'
import type { ConnectionLimits } from './limits.ts'

interface Connection {
  readonly socket: Socket
  readonly network: string
  readonly underWay: Set<IncomingMessage>
}

export class Connections {
  readonly #limits: Pick<ConnectionLimits, 'maxConnections' | 'maxSilent'>
  /** By their ends; those that have been silent for longest come first, those with something under way anywhere. */
  readonly #all = new Map<string, Connection>()

  constructor(limits: Pick<ConnectionLimits, 'maxConnections' | 'maxSilent'>) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  /** A newcomer. */
  add(socket: Socket): void {
    const ends = endsOf(socket)
    const network = networkOf(plainAddress(socket.remoteAddress ?? ''))
    this.#all.set(ends, { socket, network, underWay: new Set() })
    socket.once('close', () => this.#all.get(ends)?.socket === socket && this.#all.delete(ends))
    this.#makeRoom(socket)
  }

  /** Something is asked on a connection. */
  note(request: IncomingMessage, response: ServerResponse): void {
    const ends = endsOf(request.socket)
    const connection = this.#all.get(ends)
    if (!connection) return
    const { underWay } = connection
    underWay.add(request)
    response.once('close', () => {
      underWay.delete(request)
      // Silent from now on.
      if (underWay.size === 0 && this.#all.get(ends) === connection) {
        this.#all.delete(ends)
        this.#all.set(ends, connection)
      }
    })
  }

  endIdle(): void {
    for (const { socket, underWay } of this.#all.values()) if (underWay.size === 0) socket.destroy()
  }

  // A client that means to ask does so at once. A crowd that says nothing must keep no client out, least of all those from elsewhere.
  #makeRoom(newcomer: Socket): void {
    const { maxConnections, maxSilent } = this.#limits
    if (this.#all.size <= maxSilent && this.#all.size < maxConnections) return
    const silent = [...this.#all].filter(([, connection]) => isSilent(connection))
    const full = this.#all.size >= maxConnections ? 1 : 0
    for (let left = Math.max(full, silent.length - maxSilent); left > 0; left--) {
      const oldest = oldestOfLargest(silent)
      if (!oldest || oldest[1].socket === newcomer) return
      silent.splice(silent.indexOf(oldest), 1)
      this.#all.delete(oldest[0])
      oldest[1].socket.destroy()
    }
  }
}

// A client that has sent a part of a request only has asked nothing yet.
function isSilent({ underWay }: Connection): boolean {
  return ![...underWay].some(isWhole)
}

/** The oldest of the network with most of these. */
function oldestOfLargest(silent: readonly [string, Connection][]): [string, Connection] | undefined {
  const counts = new Map<string, number>()
  for (const [, { network }] of silent) counts.set(network, (counts.get(network) ?? 0) + 1)
  const most = Math.max(...counts.values())
  return silent.find(([, { network }]) => counts.get(network) === most)
}

// Under TLS a request has another socket than its connection, which nothing public leads back to. What both have in
// common no two connections have at once. (A socket that was closed before we looked has no addresses, nor a request.)
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}

/** What is asked on one connection. */
interface Pipeline {
  readonly current: ServerResponse
  readonly waiting: [IncomingMessage, ServerResponse][]
}

type PipelineLimits = Pick<ConnectionLimits, 'maxPipelined' | 'maxPipelinedBytes'>

/**
 * Gives each request of a connection its turn: the next is looked at when the answer before has gone to the system, which takes no more
 * than the other end reads. Node would have all of them answered at once (HTTP pipelining, RFC 9112 §9.3.2).
 */
export class RequestPipelines {
  readonly #listener: RequestListener
  readonly #limits: PipelineLimits
  readonly #pipelines = new WeakMap<Duplex, Pipeline>()

  constructor(listener: RequestListener, limits: PipelineLimits) {
    this.#listener = listener
    this.#limits = limits
  }

  readonly listen: RequestListener = (request, response) => {
    const { socket } = request
    if (socket.destroyed) return
    const pipeline = this.#pipelines.get(socket)
    if (!pipeline) this.#take(request, response, [])
    // No client of ours sends a request before it has the answer to the last one.
    else if (this.#hasRoom(pipeline, request)) pipeline.waiting.push([request, response])
    else socket.destroy()
  }

  /** Whether something is being answered on a connection, so that nothing may be said in between. */
  isAnswering(socket: Duplex): boolean {
    const pipeline = this.#pipelines.get(socket)
    return (
      pipeline !== undefined &&
      (pipeline.current.headersSent || pipeline.current.req.complete || pipeline.waiting.length > 0)
    )
  }

  #hasRoom({ waiting }: Pipeline, request: IncomingMessage): boolean {
    const bytes = waiting.reduce((sum, [other]) => sum + announcedBytes(other), announcedBytes(request))
    return waiting.length < this.#limits.maxPipelined && bytes <= this.#limits.maxPipelinedBytes
  }

  #take(request: IncomingMessage, response: ServerResponse, waiting: Pipeline['waiting']): void {
    const { socket } = request
    this.#pipelines.set(socket, { current: response, waiting })
    response.once('close', () => {
      const next = waiting.shift()
      if (next && !socket.destroyed) this.#take(...next, waiting)
      else this.#pipelines.delete(socket)
    })
    this.#listener(request, response)
  }
}
