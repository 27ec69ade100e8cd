/**
 * One exchange with the KDC, plain or sealed: what is sent, what comes back, and what may be believed of it.
 * docs/protocol.md §3.6 and §3.7.
 *
 * @module
 */

import { concat, fromUtf8, toBase64url, utf8 } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { secureRandomBytes } from '../crypto/random.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError, SymbolonError, type TransportCode, TransportError } from '../errors.ts'
import { TokenBucket } from '../pacing/token-bucket.ts'
import { openReply, SEALED_TYPE, type SealedReply, sealRequest } from '../sealed.ts'
import { readProblem } from './answers.ts'
import type { HttpLink, HttpReply, HttpStreamReply } from './http.ts'
import { maxRequestBytes } from './routes.ts'

const ID_BYTES = 16

/** What requests are sealed with. */
export interface Sealing {
  readonly token: Secret
  /** The client's idea of the KDC's clock. */
  readonly clock: Clock
  /** Hears what it really is. */
  readonly onTime: (time: number) => void
}

/** What tells a request from every other: the same when it is sent again. */
export function newRequestId(): string {
  return toBase64url(secureRandomBytes(ID_BYTES))
}

/**
 * What came in place of the KDC's answer and is not sealed by it, or does not open: as good as nothing. Whether the request was heard,
 * or will be, is not known; it is to be sent again with the same `id`.
 */
export class UnsealedAnswer extends TransportError {
  /** The code that it claims. */
  readonly claims: string | undefined

  constructor(code: TransportCode, message: string, claims?: string, options?: ErrorOptions) {
    super(code, message, options)
    this.claims = claims
  }
}

/**
 * The KDC has answered a request of this id before: to a copy that came sooner, or to an earlier try. Where that answer went is not known; a
 * request that only asks is asked anew, with another id.
 */
export class AnsweredBefore extends TransportError {
  constructor() {
    super(
      'kdc_failed',
      "the KDC's answer went astray: a copy of the request came before it, or an earlier try",
    )
  }
}

const OVER: readonly unknown[] = ['token_unknown', 'token_expired']

/**
 * Whether an error says that the session is over. A KDC that has forgotten it cannot seal that, so an attacker could have said it: it is
 * worth a fresh login, in which the KDC proves itself, and nothing else.
 */
export function isSessionOver(error: unknown): error is SymbolonError {
  if (error instanceof UnsealedAnswer) return OVER.includes(error.claims)
  return error instanceof ProtocolError && OVER.includes(error.code)
}

/**
 * Sends JSON in clear.
 *
 * @returns the JSON of a reply with status 200.
 * @throws the error that any other reply stands for.
 */
export async function exchangePlain(link: HttpLink, path: string, body: object): Promise<unknown> {
  const reply = await link.post(path, 'application/json', utf8(JSON.stringify(body)))
  const json = parseJson(reply.body)
  if (reply.status !== 200) throw readProblem(reply.status, json, path)
  return json
}

/**
 * Sends a sealed request.
 *
 * @param body - may have an `id` of its own, for what is to be sent again later as the same request.
 *
 * @returns the JSON of a reply with status 200.
 * @throws the error that the problem inside a sealed reply stands for: only that is a refusal. AnsweredBefore; UnsealedAnswer for anything
 *   else that comes; whatever `link` throws when nothing does. ProtocolError `message_too_large`, before anything is sent.
 */
export async function exchangeSealed(
  link: HttpLink,
  path: string,
  body: object,
  session: Sealing,
): Promise<unknown> {
  const id = newRequestId()
  const ask = async (): Promise<SealedReply> => {
    const { bytes, salt } = sealed(path, { id, ...body }, session)
    return unseal(path, await link.post(path, SEALED_TYPE, bytes), session, salt)
  }
  let reply = await ask()
  // Our clock was wrong, and is not any more.
  if (says(reply, 401, 'clock_wrong')) reply = await ask()
  if (isAnsweredBefore(reply)) throw new AnsweredBefore()
  if (reply.status !== 200) throw readProblem(reply.status, reply.body, path)
  return reply.body
}

function sealed(path: string, body: object, { token, clock }: Sealing) {
  const request = sealRequest(token, `POST ${path}`, { ...body, time: clock() })
  // The KDC would refuse it before it knows whose it is, and so without a seal.
  const most = maxRequestBytes(path)
  if (request.bytes.length > most) {
    throw new ProtocolError('message_too_large', `a request to ${path} has at most ${most} bytes`)
  }
  return request
}

function unseal(path: string, reply: HttpReply, session: Sealing, salt: Uint8Array): SealedReply {
  if (reply.type !== SEALED_TYPE) throw unsealed(path, reply)
  try {
    const opened = openReply(session.token, `POST ${path}`, salt, reply.body)
    session.onTime(opened.time)
    return opened
  } catch (cause) {
    if (!(cause instanceof SymbolonError)) throw cause
    const message =
      "what came in place of the KDC's answer does not open: whether it heard the request is not known"
    throw new UnsealedAnswer('kdc_failed', message, undefined, { cause })
  }
}

const EVENTS_TYPE = 'text/event-stream'
/** Longest line of an event: ours have a number. */
const MAX_EVENT_CHARACTERS = 1024
/** A stream may say so much at once, and so much in a second: the KDC's says far less. */
export const EVENT_BYTES = { capacity: 256 * 1024, perSec: 16 * 1024 }
/** Longest answer in the place of a stream: a problem. */
const MAX_PROBLEM_BYTES = 64 * 1024

/**
 * Sends a sealed request whose answer is a stream of events (WHATWG HTML, server-sent events). They are not sealed: all that
 * one says is that there is perhaps something to ask for.
 *
 * @param now - a clock that never goes back, in milliseconds.
 * @returns the events' ids, until the KDC or `signal` ends it.
 * @throws as `exchangeSealed`; while they are read, UnsealedAnswer for a stream that says too much.
 */
export async function exchangeEvents(
  link: HttpLink,
  path: string,
  body: object,
  session: Sealing,
  signal: AbortSignal,
  now?: () => number,
): Promise<AsyncIterable<string>> {
  const { bytes, salt } = sealed(path, { ...body, id: newRequestId() }, session)
  if (!link.stream) throw new TypeError('this link to the KDC has no streams')
  const reply = await link.stream(path, SEALED_TYPE, bytes, signal)
  if (reply.type !== EVENTS_TYPE) {
    const problem = unseal(path, { ...reply, body: await readProblemBytes(reply.body) }, session, salt)
    if (isAnsweredBefore(problem)) throw new AnsweredBefore()
    throw readProblem(problem.status, problem.body, path)
  }
  return eventIds(reply.body, new TokenBucket({ ...EVENT_BYTES, now }))
}

const tooMuch = () => new UnsealedAnswer('kdc_failed', 'the stream of events says more than a KDC would')

async function* eventIds(body: HttpStreamReply['body'], allowance: TokenBucket): AsyncGenerator<string> {
  const { createParser } = await import('eventsource-parser')
  const ids: string[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ id }) => ids.push(id ?? ''),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw tooMuch()
    },
  })
  const decoder = new TextDecoder()
  for await (const piece of body) {
    if (!allowance.take(piece.length)) throw tooMuch()
    parser.feed(decoder.decode(piece, { stream: true }))
    yield* ids.splice(0)
  }
}

async function readProblemBytes(body: HttpStreamReply['body']): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > MAX_PROBLEM_BYTES) throw tooMuch()
    pieces.push(piece)
  }
  return concat(...pieces)
}

/** Only that one should try later is worth saying as it was said. */
function unsealed(path: string, { status, body }: HttpReply): UnsealedAnswer {
  const json = parseJson(body)
  const problem = readProblem(status, json, path)
  const claims = String((json as { code?: unknown } | null | undefined)?.code)
  if (problem instanceof TransportError && problem.code !== 'quota_exceeded') {
    return new UnsealedAnswer(problem.code, problem.message, claims)
  }
  const message = `an answer came without the KDC's seal (status ${status}): whether it heard the request is not known`
  return new UnsealedAnswer('kdc_failed', message, claims)
}

// What else is refused so has no seal: there is no other reason under one.
const isAnsweredBefore = (reply: SealedReply) => says(reply, 400, 'request_refused')

function says({ status, body }: SealedReply, expected: number, code: string): boolean {
  return status === expected && (body as { code?: unknown } | null)?.code === code
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
}
