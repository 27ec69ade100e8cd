/**
 * The request that is made most, `/userinfo`, without Hono: the framework and its web `Request` and `Response` would be most of what
 * the answer costs. It is judged by the same functions, in the same order, and refused in the same words.
 *
 * Only what is ordinary in every respect is taken; anything else about the HTTP of it is left to Hono.
 *
 * @module
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { SEALED_TYPE, type SealedRoute, sealReply } from '../lib/sealed.ts'
import type { Kdc, RequestView } from './context.ts'
import { MAX_BODY_BYTES, parseJson, refuseOpen } from './http/request.ts'
import { findSealingSession, judgeFields, openEnvelope, parseEnvelope } from './http/sealed-request.ts'
import type { Direct } from './http/server.ts'
import { refusalOf } from './problems.ts'
import { answerUserinfo } from './routes/userinfo.ts'
import type { StoredSession } from './store/sessions.ts'

const PATH = '/userinfo'
const ROUTE: SealedRoute = `POST ${PATH}`
const JSON_TYPE = 'application/json'

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
// What ends in a number is an IPv4 address, or makes no URL; nor need what has "--" in it, as punycode has.
const NAME = '(?:[a-z0-9]+(?:-[a-z0-9]+)*\\.)*[a-z][a-z0-9]*(?:-[a-z0-9]+)*'
const PORT = '(?::(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}))?'
/** A name or an IPv4 address and a port, which make a URL whatever they are. */
const PLAIN_HOST = new RegExp(`^(?:(?:${OCTET}\\.){3}${OCTET}|${NAME})${PORT}$`)
const DIGITS = /^\d{1,5}$/

class DirectRequest implements RequestView {
  readonly env: RequestView['env']
  readonly req = this
  readonly var: { body: unknown; session: StoredSession | undefined } = {
    body: undefined,
    session: undefined,
  }
  readonly #headers: IncomingHttpHeaders

  constructor(incoming: IncomingMessage) {
    this.env = { incoming }
    this.#headers = incoming.headers
  }

  header(name: string): string | undefined {
    // None that we look at can be a list.
    return this.#headers[name.toLowerCase()] as string | undefined
  }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array
}

export function directRoutes(kdc: Kdc): Direct {
  return (incoming, outgoing) => {
    if (incoming.url !== PATH || incoming.method !== 'POST' || !isOrdinary(incoming)) return false
    const request = new DirectRequest(incoming)
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    // It comes when the body is complete, and not otherwise; Node counts the bytes and the seconds.
    incoming.on('end', () => void answer(kdc, request, whole(chunks), outgoing))
    return true
  }
}

/** Whether Hono would find nothing to remark in its headers. */
function isOrdinary({ headers, rawHeaders, httpVersion }: IncomingMessage): boolean {
  const type = headers['content-type']
  const length = headers['content-length'] ?? ''
  return (
    httpVersion === '1.1' &&
    (type === SEALED_TYPE || type === JSON_TYPE) &&
    DIGITS.test(length) &&
    Number(length) <= MAX_BODY_BYTES &&
    PLAIN_HOST.test(headers.host ?? '') &&
    headers.origin === undefined &&
    headers.expect === undefined &&
    headers['transfer-encoding'] === undefined &&
    // None of them twice.
    rawHeaders.length === 2 * Object.keys(headers).length
  )
}

function whole(chunks: readonly Buffer[]): Uint8Array {
  const { buffer, byteOffset, length } = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  return new Uint8Array(buffer, byteOffset, length)
}

async function answer(
  kdc: Kdc,
  request: DirectRequest,
  bytes: Uint8Array,
  outgoing: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await exchange(kdc, request, bytes)
  await kdc.log.written?.()
  headers['Content-Length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length)
  if (kdc.isDraining()) headers.Connection = 'close'
  outgoing.writeHead(status, headers)
  outgoing.end(body)
}

async function exchange(kdc: Kdc, request: DirectRequest, bytes: Uint8Array): Promise<Answer> {
  try {
    return request.header('content-type') === SEALED_TYPE
      ? await exchangeSealed(kdc, request, bytes)
      : await exchangePlain(kdc, request, bytes)
  } catch (error) {
    return refusalOf(kdc, error, PATH)
  }
}

async function exchangePlain(kdc: Kdc, request: DirectRequest, bytes: Uint8Array): Promise<Answer> {
  refuseOpen(kdc, request)
  request.var.body = parseJson(bytes)
  const body = JSON.stringify(await answerUserinfo(kdc, request))
  return { status: 200, headers: { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store' }, body }
}

async function exchangeSealed(kdc: Kdc, request: DirectRequest, bytes: Uint8Array): Promise<Answer> {
  const envelope = parseEnvelope(bytes)
  const { token, session } = await findSealingSession(kdc, envelope.sid)
  const body = openEnvelope(envelope, token, ROUTE)
  // Both sides know each other now: refusals are sealed too.
  request.var.session = session
  request.var.body = body
  const { status, headers, json } = await answerInside(kdc, request)
  const reply = { status, time: kdc.clock(), body: json }
  headers['Content-Type'] = SEALED_TYPE
  const sealed = sealReply(token, ROUTE, envelope.salt, reply, kdc.randomBytes, envelope.sid)
  return { status, headers, body: sealed }
}

async function answerInside(
  kdc: Kdc,
  request: DirectRequest,
): Promise<{ status: number; headers: Record<string, string>; json: unknown }> {
  try {
    judgeFields(kdc, request.var.body)
    const json = await answerUserinfo(kdc, request)
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, json }
  } catch (error) {
    const { status, headers, body } = refusalOf(kdc, error, PATH)
    return { status, headers, json: JSON.parse(body) }
  }
}
