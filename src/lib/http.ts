/**
 * Requests to a KDC over HTTP, with limits on everything that comes back.
 *
 * @module
 */
import { TransportError } from './errors.ts'

const CONNECT_TIMEOUT_MS = 5_000
const REPLY_TIMEOUT_MS = 15_000
const EXCHANGE_TIMEOUT_MS = 20_000
const MAX_REPLY_BYTES = 64 * 1024

/** What came back. */
export interface Reply {
  readonly status: number
  /** The media type, without parameters. */
  readonly type: string
  readonly body: Uint8Array
}

/** Posts to the paths of one server. `close` lets go of its connections. */
export interface HttpLink {
  post(path: string, type: string, body: Uint8Array): Promise<Reply>
  close(): Promise<void>
}

/**
 * A link to one HTTP server.
 *
 * @param origin - such as `http://127.0.0.1:8800`.
 */
export async function httpLink(origin: string): Promise<HttpLink> {
  // Loaded when it is first needed: it is the largest of our imports, and most of the library works without it.
  const { Agent, request } = await import('undici')
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: REPLY_TIMEOUT_MS,
    bodyTimeout: REPLY_TIMEOUT_MS,
    maxResponseSize: MAX_REPLY_BYTES,
  })
  const attempt = async (path: string, type: string, body: Uint8Array): Promise<Reply> => {
    const reply = await request(new URL(path, origin), {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      dispatcher,
      // The whole of it: the timeouts above are for each piece.
      signal: AbortSignal.timeout(EXCHANGE_TIMEOUT_MS),
    })
    return {
      status: reply.statusCode,
      type: String(reply.headers['content-type'] ?? '')
        .split(';', 1)[0]
        ?.trim() as string,
      body: new Uint8Array(await reply.body.arrayBuffer()),
    }
  }
  return {
    async post(path, type, body) {
      try {
        // A kept-alive connection may have died with the server it led to. Every request of the protocol may be sent
        // again (docs/protocol.md §3.7, `id`), so one that found such a connection is.
        return await attempt(path, type, body).catch((error) => {
          if (connectionDied(error)) return attempt(path, type, body)
          throw error
        })
      } catch (cause) {
        throw new TransportError('kdc_unreachable', `cannot reach the KDC at ${origin}: ${reason(cause)}`, {
          cause,
        })
      }
    },
    close: () => dispatcher.destroy(),
  }
}

function connectionDied(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host'
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'its answer is too large for a KDC'
  if ((error as Error).name === 'TimeoutError') return 'no whole answer in time'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'no answer in time'
  return message || code || 'unknown reason'
}
