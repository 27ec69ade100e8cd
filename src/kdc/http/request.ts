/**
 * How a request in plain JSON comes in, and from where that is acceptable. Sealed ones: sealed-request.ts. The handlers
 * behind see the JSON only.
 */
import type { Context, MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import { concat, EMPTY, fromUtf8 } from '../../lib/bytes.ts'
import type { Kdc, KdcEnv, RequestView } from '../context.ts'
import { Problem } from '../problems.ts'
import { transportSecurityOf } from './remote-address.ts'

/** Longest request body, unless a route says otherwise: many times what its exchange needs. */
export const MAX_REQUEST_BYTES = 16_384

/** Takes a request in plain JSON, when the transport protected it. */
export function plainRequest(kdc: Kdc): MiddlewareHandler<KdcEnv> {
  const json = jsonRequest()
  return async (c, next) => {
    requireProtected(kdc, c)
    return json(c, next)
  }
}

/** @throws Problem `plaintext_refused`, unless the transport protected the request, or the operator allows plaintext. */
export function requireProtected(kdc: Kdc, c: RequestView): void {
  if (kdc.allowPlaintext) return
  const security = transportSecurityOf(kdc, c)
  if (security === 'protected') return
  throw new Problem(
    'plaintext_refused',
    security === 'network'
      ? 'this request crossed a network unencrypted, with a password or a token in it: ' +
          "use the KDC from its own machine or over TLS, or have its operator allow this with '--allow-plaintext'"
      : 'a proxy passed this request on, with a password or a token in it, and the KDC cannot tell from where: ' +
          "its operator names the proxies that do tell with '--trusted-proxy', or allows this with '--allow-plaintext'",
  )
}

/** Takes a request in plain JSON from anywhere: for those that show nothing to an eavesdropper. */
export function jsonRequest(): MiddlewareHandler<KdcEnv> {
  return async (c, next) => {
    c.set('body', parseJson(await readBody(c, 'application/json')))
    await next()
  }
}

/**
 * Judges a request's JSON.
 *
 * @param schema - each field describes what it expects (`v.description`); fields it does not name are ignored.
 * @throws Problem `invalid_request`, naming the field but never repeating what it held.
 */
export function parse<const E extends v.ObjectEntries>(
  schema: v.ObjectSchema<E, undefined>,
  body: unknown,
): v.InferOutput<v.ObjectSchema<E, undefined>> {
  // To valibot a list is an object without our fields.
  const object = Array.isArray(body) ? undefined : body
  const result = v.safeParse(schema, object, { abortEarly: true })
  if (result.success) return result.output
  const field = String(result.issues[0].path?.[0]?.key ?? '')
  const entry = schema.entries[field]
  throw new Problem(
    'invalid_request',
    entry ? `${field}: expected ${v.getDescription(entry)}` : 'body: expected a JSON object',
  )
}

// Browsers name the page that asks, our clients never do. A page must not reach a KDC on its visitor's machine, and the
// media type alone does not keep one away whose own host name leads here (DNS rebinding).
function refuseWebPages(c: RequestView): void {
  if (c.req.header('Origin') === undefined) return
  throw new Problem('web_page_refused', 'requests from web pages are not taken')
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    // No cause and no position: JSON's errors quote the text, password included.
    throw new Problem('malformed_json', 'the body is not JSON in UTF-8')
  }
}

const tooLarge = (limit: number) => new Problem('body_too_large', `this request has at most ${limit} bytes`)

/** Whether a request's body is declared as this. */
export function isOfType(c: RequestView, type: string): boolean {
  const declared = c.req.header('Content-Type') ?? ''
  return declared.split(';', 1)[0]?.trim().toLowerCase() === type
}

/**
 * Reads a request's body, and not too much of it.
 *
 * @param limit - the most it may have, in bytes.
 * @throws Problem `web_page_refused`, `unsupported_media_type`, `body_too_large`, `malformed_http`.
 */
export async function readBody(
  c: Context<KdcEnv>,
  type: string,
  limit = MAX_REQUEST_BYTES,
  judge: Judge = () => undefined,
): Promise<Uint8Array> {
  refuseWebPages(c)
  if (!isOfType(c, type)) {
    throw new Problem('unsupported_media_type', `the body must be JSON, with Content-Type: ${type}`)
  }
  const declared = c.req.header('Content-Length')
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit)
  try {
    // Node reads no further than Content-Length says; without one (chunked) the bytes are counted as they come.
    if (declared !== undefined && Number(declared) <= MAX_REQUEST_BYTES) {
      return new Uint8Array(await c.req.arrayBuffer())
    }
    const length = declared === undefined ? limit : Number(declared)
    return c.req.raw.body
      ? await readAtMost(c.req.raw.body, limit, (beginning) => judge(beginning, length))
      : EMPTY
  } catch (error) {
    if (error instanceof Problem) throw error
    // The client is gone, or was too slow and has been told so: only a test sees this.
    throw new Problem('malformed_http', 'the body ended before it was complete')
  }
}

/**
 * Judges the beginning of a long body, the first 16 KiB or so, before the rest is taken in; throws to refuse it.
 *
 * @param length - the most that all of it may have, in bytes.
 * @returns what is aborted when the rest is not to be read after all.
 */
export type Judge = (beginning: Uint8Array, length: number) => Promise<AbortSignal> | undefined

async function readAtMost(
  body: ReadableStream<Uint8Array>,
  limit: number,
  judge: (beginning: Uint8Array) => Promise<AbortSignal> | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  let over: AbortSignal | undefined
  const reader = body.getReader()
  // What is being waited for may never come.
  const stop = () => void reader.cancel().catch(() => {})
  try {
    for (;;) {
      const { done, value: chunk } = await reader.read()
      if (over?.aborted) throw new Problem('kdc_busy', 'this long request has given way to others')
      if (done) return concat(...chunks)
      const judged = length > MAX_REQUEST_BYTES
      length += chunk.length
      if (length > limit) throw tooLarge(limit)
      chunks.push(chunk)
      if (judged || length <= MAX_REQUEST_BYTES) continue
      over = await judge(concat(...chunks))
      over?.addEventListener('abort', stop)
    }
  } catch (error) {
    stop()
    throw error
  } finally {
    over?.removeEventListener('abort', stop)
  }
}
