/**
 * One exchange with the KDC, plain or sealed: what is sent, what comes back, and what may be believed of it.
 * docs/protocol.md §3.6 and §3.7.
 *
 * @module
 */
import { readProblem } from './answers.ts'
import { concat, fromUtf8, toBase64url, utf8 } from './bytes.ts'
import type { Clock } from './clock.ts'
import { CodecError, ProtocolError, TransportError } from './errors.ts'
import type { HttpLink, Reply } from './http.ts'
import { secureRandomBytes } from './random.ts'
import { openReply, type Route, SEALED_TYPE, type Sealable, sealRequest } from './sealed.ts'
import type { Secret } from './secret.ts'

const ID_BYTES = 16

/** What requests are sealed with. */
export interface Sealing {
  readonly token: Secret
  /** The client's idea of the KDC's clock. */
  readonly clock: Clock
  /** Hears what it really is. */
  readonly onTime: (time: number) => void
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
  if (reply.status !== 200) throw readProblem(reply.status, json)
  return json
}

/**
 * Sends a sealed request.
 *
 * @param body - may have an `id` of its own, for what is to be sent again later as the same request.
 *
 * @returns the JSON of a reply with status 200.
 * @throws the error that any other reply stands for. What came without a seal is believed in so far as it makes us log in
 *   again (`token_unknown`, `token_expired`), ask for another invitation, or try later, and in nothing else.
 */
export async function exchangeSealed(
  link: HttpLink,
  path: string,
  body: object,
  session: Sealing,
): Promise<unknown> {
  const id = toBase64url(secureRandomBytes(ID_BYTES))
  const ask = async (): Promise<Sealable> => {
    const fields = { id, ...body, time: session.clock() }
    const { bytes, salt } = sealRequest(session.token, routeOf(path), fields)
    return unseal(path, await link.post(path, SEALED_TYPE, bytes), session, salt)
  }
  let reply = await ask()
  // Our clock was wrong, and is not any more.
  if (isClockWrong(reply)) reply = await ask()
  if (reply.status !== 200) throw readProblem(reply.status, reply.body)
  return reply.body
}

function routeOf(path: string): Route {
  return `POST ${path}`
}

function unseal(path: string, reply: Reply, session: Sealing, salt: Uint8Array): Sealable {
  if (reply.type !== SEALED_TYPE) throw unsealed(path, reply)
  const opened = openReply(session.token, routeOf(path), salt, reply.body)
  session.onTime(opened.time)
  return opened
}

const EVENTS_TYPE = 'text/event-stream'
/** Longest line of an event: ours have a number. */
const MAX_EVENT_CHARACTERS = 1024

/**
 * Sends a sealed request whose answer is a stream of events (WHATWG HTML, server-sent events). They are not sealed: all that
 * one says is that there is something to ask for.
 *
 * @returns the events' ids, until the KDC or `signal` ends it.
 * @throws as `exchangeSealed`.
 */
export async function* exchangeEvents(
  link: HttpLink,
  path: string,
  body: object,
  session: Sealing,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const id = toBase64url(secureRandomBytes(ID_BYTES))
  const { bytes, salt } = sealRequest(session.token, routeOf(path), { ...body, id, time: session.clock() })
  if (!link.stream) throw new TypeError('this link to the KDC has no streams')
  const reply = await link.stream(path, SEALED_TYPE, bytes, signal)
  if (reply.type !== EVENTS_TYPE) {
    const problem = unseal(path, { ...reply, body: await readAll(reply.body) }, session, salt)
    throw readProblem(problem.status, problem.body)
  }
  yield* eventIds(reply.body)
}

async function* eventIds(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const { createParser } = await import('eventsource-parser')
  const ids: string[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ id }) => ids.push(id ?? ''),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw new CodecError('event: it is too long')
    },
  })
  const decoder = new TextDecoder()
  for await (const piece of body) {
    parser.feed(decoder.decode(piece, { stream: true }))
    yield* ids.splice(0)
  }
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return concat(...pieces)
}

const BELIEVED_UNSEALED = ['token_unknown', 'token_expired']
const BELIEVED_OF_REGISTRATION = ['invitation_unknown', 'registration_closed']

function unsealed(path: string, { status, body }: Reply): Error {
  const problem = readProblem(status, parseJson(body))
  const believed = path.startsWith('/register/') ? BELIEVED_OF_REGISTRATION : BELIEVED_UNSEALED
  if (problem instanceof TransportError || believed.includes(problem.code)) return problem
  return new ProtocolError('request_refused', `an answer came without the KDC's seal: ${problem.message}`)
}

function isClockWrong({ status, body }: Sealable): boolean {
  return status === 401 && (body as { code?: unknown } | null)?.code === 'clock_wrong'
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
}
