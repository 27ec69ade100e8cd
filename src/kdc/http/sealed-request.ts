/** How a sealed request comes in, and its answer goes out. docs/protocol.md §3.7. */
import type { ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import { fromBase64url, toBase64url } from '../../lib/bytes.ts'
import type { Secret } from '../../lib/crypto/secret.ts'
import { unixSeconds } from '../../lib/fields.ts'
import { turn } from '../../lib/pacing/event-loop.ts'
import {
  MAX_CLOCK_OFFSET_SEC,
  openRequest,
  parseSealedRequest,
  SEALED_TYPE,
  type SealedRequest,
  type SealedRoute,
  sealReplyText,
} from '../../lib/sealed.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { EVENT_STREAM } from '../events/mailbox-subscribers.ts'
import { openStoredToken } from '../keys/at-rest.ts'
import { Problem, refusalOf } from '../problems.ts'
import type { StoredSession } from '../store/sessions.ts'
import { remoteAddress } from './remote-address.ts'
import { isOfType, MAX_REQUEST_BYTES, parse, plainRequest, readBody } from './request.ts'

const ID_BYTES = 16

export const Envelope = v.object({
  id: v.pipe(v.string(), v.description('16 bytes in base64url')),
  time: v.pipe(unixSeconds, v.description('a time in Unix seconds')),
})

/** Longer answers are made in pieces: each takes some milliseconds. */
const LONG_ANSWER_CHARACTERS = 65_536

/** Whose token an envelope is sealed with, if it opens. */
interface Sealer {
  readonly token: Secret
  /** Whose turn it takes to open a long request. */
  readonly owner: string
  /** Tells the handlers whose request it is, once the envelope has opened. */
  introduce(c: Context<KdcEnv>): void
}

/** Finds that. @throws Problem, which is answered without a seal. */
type FindSealer = (kdc: Kdc, sid: Uint8Array) => Promise<Sealer>

export function sessionRequest(kdc: Kdc): MiddlewareHandler<KdcEnv> {
  const plain = plainRequest(kdc)
  const sealed = sealedRequest(kdc, findSession)
  return (c, next) => (isOfType(c, SEALED_TYPE) ? sealed(c, next) : plain(c, next))
}

/**
 * Takes a request of a session, sealed only: where it must have an id, or may be long.
 *
 * @param maxBytes - the longest that it may be, seal included.
 * @param answerBytes - of what changes nothing, and whose answer is long or takes some looking for: the most that this has. See budgets.ts.
 */
export function sealedSessionRequest(
  kdc: Kdc,
  maxBytes = MAX_REQUEST_BYTES,
  answerBytes?: number,
): MiddlewareHandler<KdcEnv> {
  const sealed = sealedRequest(kdc, findSession, maxBytes, answerBytes)
  return (c, next) => {
    if (isOfType(c, SEALED_TYPE)) return sealed(c, next)
    throw new Problem('request_refused', `this is asked for in a sealed request only: ${SEALED_TYPE}`)
  }
}

/** The same of what changes nothing. */
export const sealedReadRequest = (kdc: Kdc, answerBytes: number, maxBytes?: number) =>
  sealedSessionRequest(kdc, maxBytes, answerBytes)

/** Takes a request to register: sealed with an invitation, or plain where registration is open. */
export function registrationRequest(kdc: Kdc): MiddlewareHandler<KdcEnv> {
  const plain = plainRequest(kdc)
  const sealed = sealedRequest(kdc, findInvitation)
  return (c, next) => {
    if (kdc.registration === 'closed') {
      throw new Problem('registration_closed', "accounts are made by the KDC's administrator only")
    }
    if (isOfType(c, SEALED_TYPE)) return sealed(c, next)
    if (kdc.registration === 'open') return plain(c, next)
    throw new Problem(
      'invitation_required',
      "accounts are made with an invitation, which the KDC's administrator gives",
    )
  }
}

/** Finds the session that a sealed request is of. @throws Problem `token_unknown`. */
export async function findSealingSession(
  kdc: Kdc,
  sid: Uint8Array,
): Promise<{ token: Secret; session: StoredSession }> {
  const session = await kdc.store.sessions.find(sid)
  const token = session && openStoredToken(kdc.masterKeys, sid, session.sealedToken)
  if (!token) throw new Problem('token_unknown', 'there is no such session: log in again')
  return { token, session }
}

const findSession: FindSealer = async (kdc, sid) => {
  const { token, session } = await findSealingSession(kdc, sid)
  return { token, owner: session.username, introduce: (c) => c.set('session', session) }
}

const findInvitation: FindSealer = async (kdc, id) => {
  const invitation = await kdc.store.invitations.find(id)
  const token = invitation && openStoredToken(kdc.masterKeys, id, invitation.sealedToken)
  if (!token)
    throw new Problem(
      'invitation_unknown',
      'there is no such invitation: it was mistyped or withdrawn, or has expired',
    )
  return { token, owner: toBase64url(id), introduce: (c) => c.set('invitation', invitation) }
}

function sealedRequest(
  kdc: Kdc,
  findSealer: FindSealer,
  maxBytes = MAX_REQUEST_BYTES,
  answerBytes?: number,
): MiddlewareHandler<KdcEnv> {
  return async (c, next) => {
    const route: SealedRoute = `${c.req.method} ${c.req.path}`
    let loan: ReturnType<typeof kdc.bodies.take> | undefined
    // A stranger cannot make us keep more than a short request: whose it is shows in its beginning.
    const judge = async (beginning: Uint8Array, length: number) => {
      const { sid } = parseEnvelope(beginning)
      await findSealer(kdc, sid)
      const over = new AbortController()
      loan = kdc.bodies.take(remoteAddress(kdc, c), sid, length, () => over.abort())
      return over.signal
    }
    try {
      const bytes = await readBody(c, SEALED_TYPE, maxBytes, judge)
      loan?.keep()
      const request = parseEnvelope(bytes)
      const { token, owner, introduce } = await findSealer(kdc, request.sid)
      const open = () => openEnvelope(request, token, route)
      const body = loan ? await kdc.fairQueue.run(owner, open) : open()
      // Both sides know each other now: whatever the answer is, no third party reads or makes it.
      introduce(c)
      c.set('body', body)
      const refuse = (error: unknown) => {
        const { status, headers, body } = refusalOf(kdc, error, c.req.path)
        c.res = new Response(body, { status, headers })
      }
      const answer = async (): Promise<number> => {
        await next().catch(refuse)
        // What comes bit by bit and has no content: see mailbox-subscribers.ts.
        const isEventStream = c.res.ok && c.res.headers.get('Content-Type') === EVENT_STREAM
        return isEventStream ? 0 : sealResponse(kdc, c, token, route, request)
      }
      try {
        const { id, time } = judgeFields(kdc, body)
        c.set('requestId', id)
        c.set('requestTime', time)
        if (answerBytes === undefined) await answer()
        else {
          const outgoing = c.env.outgoing as ServerResponse | undefined
          await kdc.reads.answer({ username: owner, id: toBase64url(id), outgoing }, answerBytes, answer)
        }
      } catch (error) {
        refuse(error)
        await sealResponse(kdc, c, token, route, request)
      }
    } finally {
      loan?.end()
    }
  }
}

export function parseEnvelope(bytes: Uint8Array): SealedRequest {
  try {
    return parseSealedRequest(bytes)
  } catch {
    throw new Problem('request_refused', 'the body is no sealed request')
  }
}

export function openEnvelope(request: SealedRequest, token: Secret, route: SealedRoute): unknown {
  try {
    return openRequest(request, token, route)
  } catch {
    throw new Problem('request_refused', 'the sealed request does not open')
  }
}

export function judgeFields(kdc: Kdc, body: unknown): { id: Uint8Array; time: number } {
  const { id, time } = parse(Envelope, body)
  if (Math.abs(time - kdc.clock()) > MAX_CLOCK_OFFSET_SEC) {
    throw new Problem(
      'clock_wrong',
      `the request's time is more than ${MAX_CLOCK_OFFSET_SEC} s from the KDC's`,
    )
  }
  try {
    return { id: fromBase64url(id, { length: ID_BYTES }), time }
  } catch {
    throw new Problem('invalid_request', 'id: expected 16 bytes in base64url')
  }
}

/** @returns how long it is now, in bytes. */
async function sealResponse(
  kdc: Kdc,
  c: Context<KdcEnv>,
  token: Secret,
  route: SealedRoute,
  { salt, sid }: SealedRequest,
): Promise<number> {
  const { status } = c.res
  const body = await c.res.text()
  if (body.length > LONG_ANSWER_CHARACTERS) await turn()
  const json = `{"status":${status},"time":${kdc.clock()},"body":${body}}`
  const bytes = sealReplyText(token, route, salt, json, kdc.randomBytes, sid)
  const headers = new Headers(c.res.headers)
  headers.set('Content-Type', SEALED_TYPE)
  headers.delete('Content-Length')
  // Not assigned to c.res as it stands: Hono would merge the old headers, the old type among them, into the new ones.
  c.res = undefined
  c.res = new Response(bytes, { status, headers })
  return bytes.length
}
