/** Requests to a KDC over HTTP or HTTPS, with limits on everything that comes back. */
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { TransportError } from '../errors.ts'
import type { KdcPlace } from '../network/destination.ts'
import { turn } from '../pacing/event-loop.ts'
import { isSystemError, systemReason } from '../system-errors.ts'
import { quoted } from '../text/visible.ts'

const CONNECT_TIMEOUT_MS = 5_000
const REPLY_TIMEOUT_MS = 15_000
const EXCHANGE_TIMEOUT_MS = 20_000
/** A page of a mailbox is the largest. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024
/** A stream of events that says nothing for so long, not even that it is alive, is dead. */
const STREAM_SILENCE_MS = 45_000

/** What came back. */
export interface HttpReply {
  /** The HTTP status. */
  readonly status: number
  /** The media type, without parameters. */
  readonly type: string
  /** At most 4 MiB. */
  readonly body: Uint8Array
  /** When the server says that it is (RFC 9110 §6.6.1): nothing that could be trusted. */
  readonly date?: string | undefined
}

/** What comes back piece by piece. */
export interface HttpStreamReply {
  /** The HTTP status. */
  readonly status: number
  /** The media type, without parameters. */
  readonly type: string
  /** Its pieces, as they come. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Posts to the paths of one server. `close` lets go of its connections. */
export interface HttpLink {
  /** Where the server was reached last. A link that does not know it leaves that to the URL. */
  readonly place?: KdcPlace | undefined
  /** @param path - such as `/userinfo`. @param type - the media type of `body`. @throws TransportError `kdc_unreachable` */
  post(path: string, type: string, body: Uint8Array): Promise<HttpReply>
  /** The same for an answer that has no end until `signal` is aborted. A link without it hears of no events. */
  stream?(path: string, type: string, body: Uint8Array, signal: AbortSignal): Promise<HttpStreamReply>
  /** Lets go of the connections. */
  close(): Promise<void>
}

/**
 * Asks whether a server answers at all, whatever it says.
 *
 * @param origin - as for `httpLink`.
 * @throws TransportError `kdc_unreachable`.
 */
export async function requireServer(origin: string): Promise<void> {
  const { Agent } = (await import('undici')).default
  const dispatcher = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS } })
  try {
    const signal = AbortSignal.timeout(REPLY_TIMEOUT_MS)
    const { body } = await dispatcher.request({ origin, method: 'GET', path: '/healthz', signal })
    // It is not read.
    body.on('error', () => {}).destroy()
  } catch (cause) {
    throw unreachable(origin, cause)
  } finally {
    await dispatcher.destroy()
  }
}

/**
 * A link to one HTTP server.
 *
 * @param origin - such as `http://127.0.0.1:8800`; with `https://` the certificate must be one that Node trusts for that
 *   host.
 */
export async function httpLink(origin: string): Promise<HttpLink> {
  // Loaded when it is first needed: it is the largest of our imports, and most of the library works without it.
  const { Agent, buildConnector } = (await import('undici')).default
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS })
  let place: KdcPlace | undefined
  const dispatcher = new Agent({
    connect: (options, callback) =>
      connect(options, (...outcome) => {
        const [, socket] = outcome
        // Once it was elsewhere it is not here, whatever its name leads to next.
        if (socket && (place?.isOurs ?? true)) place = placeOf(socket)
        callback(...outcome)
      }),
    headersTimeout: REPLY_TIMEOUT_MS,
    bodyTimeout: REPLY_TIMEOUT_MS,
    maxResponseSize: MAX_REPLY_BYTES,
  })
  const send = (path: string, headers: Record<string, string>, body: Uint8Array, more: object) =>
    dispatcher.request({ origin, path, method: 'POST', headers, body, ...more })
  const attempt = async (path: string, type: string, body: Uint8Array): Promise<HttpReply> => {
    // The whole of it: the timeouts above are for each piece.
    const signal = AbortSignal.timeout(EXCHANGE_TIMEOUT_MS)
    const reply = await send(path, { 'content-type': type }, body, { signal })
    const bytes = new Uint8Array(await reply.body.arrayBuffer())
    // By then its connection is free: what is asked next would open another one.
    await turn()
    return { ...headOf(reply), body: bytes, date: reply.headers.date?.toString() }
  }
  const fail = (cause: unknown) => {
    throw unreachable(origin, cause)
  }
  return {
    get place() {
      return place
    },
    post(path, type, body) {
      // A kept-alive connection may have died with the server it led to. Every request of the protocol may be sent
      // again (docs/protocol.md §3.7, `id`), so one that found such a connection is.
      const again = (error: unknown) => {
        if (connectionDied(error)) return attempt(path, type, body)
        throw error
      }
      return attempt(path, type, body).catch(again).catch(fail)
    },
    async stream(path, type, body, signal) {
      const headers = { 'content-type': type, accept: 'text/event-stream' }
      const reply = await send(path, headers, body, { signal, bodyTimeout: STREAM_SILENCE_MS }).catch(fail)
      const pieces = async function* () {
        try {
          for await (const piece of reply.body) yield piece as Uint8Array
        } catch (cause) {
          fail(cause)
        }
      }
      return { ...headOf(reply), body: pieces() }
    },
    close: () => dispatcher.destroy(),
  }
}

function unreachable(origin: string, cause: unknown): TransportError {
  return new TransportError('kdc_unreachable', `cannot reach the KDC at ${origin}: ${reason(cause)}`, {
    cause,
  })
}

function placeOf({ remoteAddress, localAddress }: Socket): KdcPlace | undefined {
  return remoteAddress === undefined
    ? undefined
    : { address: remoteAddress, isOurs: remoteAddress === localAddress }
}

function headOf({ statusCode, headers }: Dispatcher.ResponseData): { status: number; type: string } {
  const [type = ''] = String(headers['content-type'] ?? '').split(';', 1)
  return { status: statusCode, type: type.trim() }
}

function connectionDied(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

const CERTIFICATE_UNKNOWN =
  'nobody whom this machine trusts has signed its certificate: if it is the right one, NODE_EXTRA_CA_CERTS=FILE ' +
  'in the environment names it, or its authority'
const NO_TLS = 'what answers there does not speak TLS as we do: does the URL begin with http:// perhaps?'

/** What the codes mean that come from below: of resolving names, of undici, of OpenSSL's look at certificates, and of TLS. */
const REASONS = new Map([
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'there is no such host'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'its answer is too large for a KDC'],
  ['UND_ERR_SOCKET', 'it hung up without an answer; a KDC that serves over TLS has a URL with https://'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no answer in time'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer in time'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', CERTIFICATE_UNKNOWN],
  ['SELF_SIGNED_CERT_IN_CHAIN', CERTIFICATE_UNKNOWN],
  ['UNABLE_TO_GET_ISSUER_CERT', CERTIFICATE_UNKNOWN],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', CERTIFICATE_UNKNOWN],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CERTIFICATE_UNKNOWN],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet; or the clock of this machine is wrong'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NO_TLS],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS],
])

function reason(error: unknown): string {
  const { name, code = '', message } = error as { name?: string; code?: string; message?: string }
  if (name === 'TimeoutError') return 'no whole answer in time'
  const known = REASONS.get(code) ?? (isSystemError(error) ? systemReason(code) : undefined)
  // The other side may have had a part in the words.
  return known ?? (message || code ? quoted(message || code) : 'unknown reason')
}
