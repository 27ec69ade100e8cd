/**
 * One exchange with the KDC, plain or sealed: what is sent, what comes back, and what may be believed of it.
 * docs/protocol.md §3.6 and §3.7.
 *
 * @module
 */
import { readProblem } from './answers.ts'
import { fromUtf8, toBase64url, utf8 } from './bytes.ts'
import type { Clock } from './clock.ts'
import { ProtocolError, TransportError } from './errors.ts'
import type { HttpLink, Reply } from './http.ts'
import { secureRandomBytes } from './random.ts'
import { openReply, type Route, SEALED_TYPE, type Sealable, sealRequest } from './sealed.ts'
import type { Secret } from './secret.ts'

const ID_BYTES = 16

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
 * @param clock - the client's idea of the KDC's clock; `onTime` hears what it really is.
 * @returns the JSON of a reply with status 200.
 * @throws the error that any other reply stands for. What came without a seal is believed in so far as it makes us log in
 *   again (`token_unknown`, `token_expired`), ask for another invitation, or try later, and in nothing else.
 */
export async function exchangeSealed(
  link: HttpLink,
  path: string,
  body: object,
  session: { readonly token: Secret; readonly clock: Clock; readonly onTime: (time: number) => void },
): Promise<unknown> {
  const route: Route = `POST ${path}`
  // Whoever may have to send it again after a crash brings its own.
  const id = 'id' in body ? body.id : toBase64url(secureRandomBytes(ID_BYTES))
  const ask = async (): Promise<Sealable> => {
    const { bytes, salt } = sealRequest(session.token, route, { ...body, id, time: session.clock() })
    const reply = await link.post(path, SEALED_TYPE, bytes)
    if (reply.type !== SEALED_TYPE) throw unsealed(reply)
    const opened = openReply(session.token, route, salt, reply.body)
    session.onTime(opened.time)
    return opened
  }
  let reply = await ask()
  // Our clock was wrong, and is not any more.
  if (isClockWrong(reply)) reply = await ask()
  if (reply.status !== 200) throw readProblem(reply.status, reply.body)
  return reply.body
}

const BELIEVED_UNSEALED = ['token_unknown', 'token_expired', 'invitation_unknown', 'registration_closed']

function unsealed({ status, body }: Reply): Error {
  const problem = readProblem(status, parseJson(body))
  if (problem instanceof TransportError || BELIEVED_UNSEALED.includes(problem.code)) return problem
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
