/**
 * An app on a port: Node's HTTP server, under TLS or not, with limits on everything a stranger can send, and an orderly
 * end.
 */
import { once } from 'node:events'
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
import { endpointText } from '../../lib/network/address.ts'
import { Problem, renderProblem } from '../problems.ts'
import { answerClass } from '../traffic/answer.ts'
import { Connections, RequestPipelines } from '../traffic/connections.ts'
import { CONNECTION_LIMITS, type ConnectionLimits } from '../traffic/limits.ts'

/** Node looks for requests that are late this often, at most. */
const TIMEOUT_CHECK_MS = 1000
/** How long a client that sent broken HTTP has to read the answer. */
const LAST_WORDS_MS = 1000

/** What answers: `app.fetch` of a Hono app. */
export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>

/** What answers some requests by itself, before `Fetch` is asked: see fast-userinfo.ts. @returns whether it does this one. */
export type FastRoute = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a server shows and proves under TLS, in PEM. */
export interface TlsIdentity {
  /** The certificate, followed by those between it and one that clients trust. */
  readonly cert: string
  readonly key: string
}

export interface ServeOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly limits?: Partial<ConnectionLimits>
  readonly tls?: TlsIdentity | undefined
  readonly direct?: FastRoute
}

export interface Listening {
  /** Where, for clients: `http://127.0.0.1:8800`, or `https://`. */
  readonly url: string
  /** Accepts no connection any more, waits for the requests under way, closes all connections. */
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
  const limits = { ...CONNECTION_LIMITS, ...options.limits }
  const viaFetch = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    errorHandler: answerError,
    // For HTTP/1.0, which has no Host: load balancers ask so. Of others one is wanted before this.
    hostname: 'localhost',
  })
  const { direct } = options
  const turns = new RequestPipelines((request, response) => {
    const problem = judgeHead(request)
    if (problem) refuse(response, problem)
    else if (!direct?.(request, response)) void viaFetch(request, response)
  }, limits)
  const connections = new Connections(limits)
  const listener: RequestListener = (request, response) => {
    connections.note(request, response)
    turns.listen(request, response)
  }
  const server = createLimited(listener, limits, tls)
  server.maxConnections = limits.maxConnections
  server.on('connection', (socket: Socket) => connections.add(socket))
  server.on('clientError', (error, socket) => {
    // Nothing may be said in the middle of an answer.
    if (turns.isAnswering(socket)) socket.destroy()
    else answerBrokenHttp(error, socket)
  })
  // An expectation that we do not know is none that we must meet (RFC 9110 §10.1.1).
  server.on('checkExpectation', listener)
  server.listen(port, host)
  await once(server, 'listening')
  const { address, port: ownPort } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://${endpointText(address, ownPort)}`,
    close: () => close(server, connections, limits.drainTimeoutMs),
  }
}

function createLimited(
  listener: RequestListener,
  limits: ConnectionLimits,
  tls: TlsIdentity | undefined,
): Server {
  const options = {
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, limits.requestTimeoutMs),
    maxHeaderSize: limits.maxHeaderBytes,
    // Answered by `judgeHead` in our own words, not by Node with an empty body.
    requireHostHeader: false,
    ServerResponse: answerClass(limits),
  }
  if (!tls) return createServer(options, listener)
  const { cert, key } = tls
  const server = createTlsServer(
    { ...options, cert, key, minVersion: 'TLSv1.3', handshakeTimeout: limits.requestTimeoutMs },
    listener,
  )
  // A client that speaks no TLS could not read an answer in HTTP, nor wait for one.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

async function close(server: Server, connections: Connections, drainTimeoutMs: number): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), drainTimeoutMs)
  const closed = once(server, 'close')
  server.close()
  // A request that has begun may finish.
  connections.endIdle()
  await closed
  clearTimeout(late)
}

/** @returns what is wrong with a request that Node lets pass. */
function judgeHead({ httpVersion, headers, rawHeaders }: IncomingMessage): Problem | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
  // RFC 9112 §3.2.
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) {
    return new Problem('malformed_http', 'a request has one Host header')
  }
  // Its end is where others would not see it (RFC 9112 §6.1).
  if (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) {
    return new Problem('malformed_http', 'HTTP/1.0 knows no Transfer-Encoding')
  }
  return undefined
}

function refuse(response: ServerResponse, problem: Problem): void {
  const { status, headers, body } = renderProblem(problem)
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
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
