/**
 * An app on a port: Node's HTTP server, under TLS or not, with limits on everything a stranger can send, and an orderly
 * end.
 *
 * @module
 */
import { type EventEmitter, once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import { endpointText } from '../../lib/address.ts'
import { Problem, renderProblem } from './problems.ts'

/** What a connection may cost. */
export interface Limits {
  /** The whole request, headers and body, must have arrived by then; under TLS the handshake, before, has as long. */
  readonly requestTimeoutMs: number
  /** A connection that asks nothing is closed after this. */
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
  /** More connections than this are closed as they come. */
  readonly maxConnections: number
  /** Of these, how many may have asked nothing yet; the oldest of them gives way to a newcomer. */
  readonly maxSilent: number
  /** How long requests under way may take to finish once the server is to stop. */
  readonly drainTimeoutMs: number
}

const LIMITS: Limits = {
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  maxHeaderBytes: 16_384,
  maxConnections: 4096,
  maxSilent: 1024,
  drainTimeoutMs: 5000,
}

/** Node looks for requests that are late this often, at most. */
const TIMEOUT_CHECK_MS = 1000
/** How long whoever sent broken HTTP has to read the answer. */
const LAST_WORDS_MS = 1000

/** What answers: `app.fetch` of a Hono app. */
export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>

/** What answers some requests by itself, before `Fetch` is asked: see direct.ts. @returns whether it does this one. */
export type Direct = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a server shows and proves under TLS, in PEM. */
export interface TlsIdentity {
  /** The certificate, followed by those between it and one that clients trust. */
  readonly cert: string
  readonly key: string
}

/** Where and how to listen. */
export interface ServeOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly limits?: Partial<Limits>
  /** Without it, plain HTTP. */
  readonly tls?: TlsIdentity | undefined
  readonly direct?: Direct
}

/** A server that is listening. */
export interface Listening {
  /** Where, for clients: `http://127.0.0.1:8800`, or `https://`. */
  readonly url: string
  /** Accepts nobody any more, waits for the requests under way, closes all connections. */
  close(): Promise<void>
}

/**
 * Listens.
 *
 * @throws the error of `listen`: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`; or OpenSSL's, for a certificate or
 *   key that it cannot use.
 */
export async function serve(fetch: Fetch, options: ServeOptions): Promise<Listening> {
  const { host, port, tls } = options
  const limits = { ...LIMITS, ...options.limits }
  const viaFetch = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    errorHandler: answerError,
  })
  const { direct } = options
  const listener: RequestListener = (request, response) => {
    if (!direct?.(request, response)) void viaFetch(request, response)
  }
  const server = createLimited(listener, limits, tls)
  server.maxConnections = limits.maxConnections
  server.on('clientError', answerBrokenHttp)
  // An expectation that we do not know is none that we must meet (RFC 9110 §10.1.1).
  server.on('checkExpectation', listener)
  const silent = trackSilent(server, limits.maxSilent)
  server.listen(port, host)
  await once(server, 'listening')
  return {
    url: urlOf(tls ? 'https' : 'http', server.address() as AddressInfo),
    close: () => close(server, silent, limits.drainTimeoutMs),
  }
}

function createLimited(listener: RequestListener, limits: Limits, tls: TlsIdentity | undefined): Server {
  const options = {
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, limits.requestTimeoutMs),
    maxHeaderSize: limits.maxHeaderBytes,
    // Answered by `answerError` like every other bad request, not by Node with an empty body.
    requireHostHeader: false,
  }
  if (!tls) return createServer(options, listener)
  const { cert, key } = tls
  const server = createTlsServer(
    { ...options, cert, key, minVersion: 'TLSv1.3', handshakeTimeout: limits.requestTimeoutMs },
    listener,
  )
  // Whoever speaks no TLS with us could not read an answer in HTTP, nor wait for one.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function urlOf(scheme: 'http' | 'https', { address, port }: AddressInfo): string {
  return `${scheme}://${endpointText(address, port)}`
}

/** A connection over which nothing was asked yet: at most a request that is not whole. */
interface Silent {
  readonly socket: Socket
  readonly request?: IncomingMessage
}

/** The connections over which nothing was asked yet; Node does not count those as idle. */
export function trackSilent(server: EventEmitter, limit: number): ReadonlyMap<string, Silent> {
  const silent = new Map<string, Silent>()
  server.on('connection', (socket: Socket) => {
    // Whoever means to ask does so at once; a crowd that says nothing must keep nobody out.
    if (silent.size >= limit) [...silent.values()].find(isSilent)?.socket.destroy()
    const ends = endsOf(socket)
    silent.set(ends, { socket })
    socket.once('close', () => silent.get(ends)?.socket === socket && silent.delete(ends))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const ends = endsOf(request.socket)
    const entry = silent.get(ends)
    if (!entry) return
    // In its place: the oldest stays the first.
    silent.set(ends, { socket: entry.socket, request })
    response.once('close', () => silent.get(ends)?.request === request && silent.delete(ends))
  })
  return silent
}

// Whoever has sent the headers only has asked nothing yet.
function isSilent({ request }: Silent): boolean {
  return !request?.complete
}

// Under TLS a request has another socket than its connection, which nothing public leads back to. What both have in
// common no two connections have at once. (A socket that was closed before we looked has no addresses, nor a request.)
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}

async function close(
  server: Server,
  silent: ReadonlyMap<string, Silent>,
  drainTimeoutMs: number,
): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), drainTimeoutMs)
  const closed = once(server, 'close')
  server.close()
  // Whoever has begun to ask may finish.
  for (const { socket, request } of silent.values()) if (!request) socket.destroy()
  await closed
  clearTimeout(late)
}

// What went wrong between Node and the app: a Host or a path that makes no URL.
function answerError(error: unknown): Response {
  const problem =
    error instanceof RequestError
      ? new Problem('malformed_http', 'the request line or the Host header makes no valid URL')
      : new Problem('internal', 'something is wrong at the KDC')
  const { status, headers, body } = renderProblem(problem)
  return new Response(body, { status, headers })
}

function brokenHttp(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers_too_large', 'the headers are too large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem('request_timeout', 'the request did not arrive in time')
  }
  return new Problem('malformed_http', 'this is not HTTP/1.1')
}

// Node has given up on the connection: we say why, by hand, and close it.
function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Nothing can be written, or has been already: what follows the first broken byte is reported again and again.
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const { status, headers, body } = renderProblem(brokenHttp(error.code))
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`)
  setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref()
}
