/**
 * How the KDC's answers are judged: messages 2 and 4, and the problems in their place.
 * docs/protocol.md §3.
 */
import * as v from 'valibot'
import { fromBase64url } from '../bytes.ts'
import { Secret } from '../crypto/secret.ts'
import {
  CodecError,
  ERROR_CODES,
  type ProtocolCode,
  ProtocolError,
  type SymbolonError,
  TransportError,
} from '../errors.ts'
import { port, unixSeconds } from '../fields.ts'
import { USERNAME } from '../names.ts'
import { quoted, says } from '../text/visible.ts'
import { MAX_TICKET_BYTES } from '../ticket.ts'
import { mayBeSaid } from './routes.ts'

/** What the KDC answers about a receiver: where it is, and what opens one channel to it. */
export interface UserinfoAnswer {
  /** The receiver's IP address, as the KDC saw it. */
  readonly address: string
  /** Where it listens, 1 to 65535. */
  readonly port: number
  /** The key of one channel, 32 bytes. */
  readonly secret: Secret
  /** The ticket, for the receiver's eyes. */
  readonly ticket: Uint8Array
  /** When the ticket is worth nothing any more: Unix seconds by the KDC's clock. */
  readonly expiresAt: number
  /** When the KDC answered: Unix seconds by the KDC's clock. */
  readonly time: number
}

/** What the KDC answers to a receiver that listens. */
export interface ListenAnswer {
  /** Our address, as the KDC sees it. */
  readonly address: string
  /** When the session ends: Unix seconds by the KDC's clock. */
  readonly expiresAt: number
  /** When the KDC answered: Unix seconds by the KDC's clock. */
  readonly time: number
  /** When we are away, unless we say so again: Unix seconds by the KDC's clock. Only where a lease was asked for, as the next two. */
  readonly leaseUntil?: number
  /** Whether it is here that others are sent. */
  readonly chosen?: boolean
  /** This principal's other receivers, the one that began last first: if others are not sent here, they are sent to that one. */
  readonly others?: readonly OtherReceiver[]
}

/** Another receiver of the same principal. */
export interface OtherReceiver {
  /** Its IP address, as the KDC saw it. */
  readonly address: string
  /** Where it listens, 1 to 65535. */
  readonly port: number
  /** When it began: Unix seconds by the KDC's clock. */
  readonly since: number
}

/** One of a principal's sessions. Times are Unix seconds by the KDC's clock. */
export interface SessionInfo {
  /** What `endSessions` takes. */
  readonly id: string
  /** Whether it is the one that asked. */
  readonly isThis: boolean
  /** Where the login came from. */
  readonly address: string
  /** When it logged in. */
  readonly begunAt: number
  /** When it was last used, give or take a minute. */
  readonly usedAt: number
  /** When it ends. */
  readonly expiresAt: number
  /** Where it accepts channels. */
  readonly listensAt?: { readonly address: string; readonly port: number }
}

/** A KDC keeps a tenth of it for one principal. */
const MAX_SESSIONS = 1000

const place = ({ ip_addr, port }: { readonly ip_addr: string; readonly port: number }) => ({
  address: ip_addr,
  port,
})

const OpaqueReply = v.object({ response: v.string() })
const UserinfoReply = v.pipe(
  v.object({
    ip_addr: v.pipe(v.string(), v.ip()),
    port,
    secret: v.string(),
    senderinfo: v.pipe(v.string(), v.maxLength(Math.ceil((MAX_TICKET_BYTES * 4) / 3))),
    expires_at: unixSeconds,
    time: unixSeconds,
  }),
  v.transform(
    ({ ip_addr, secret, senderinfo, expires_at, ...reply }): UserinfoAnswer => ({
      ...reply,
      address: ip_addr,
      secret: Secret.fromText('channel secret', secret),
      ticket: fromBase64url(senderinfo, { name: 'senderinfo' }),
      expiresAt: expires_at,
    }),
  ),
)
const ListenReply = v.pipe(
  v.object({
    ip_addr: v.string(),
    port,
    expires_at: unixSeconds,
    time: unixSeconds,
    lease_until: v.optional(unixSeconds),
    chosen: v.optional(v.boolean()),
    others: v.optional(
      v.pipe(
        v.array(v.object({ ip_addr: v.pipe(v.string(), v.ip()), port, since: unixSeconds })),
        v.maxLength(MAX_SESSIONS),
      ),
    ),
  }),
  v.transform(
    ({ ip_addr, expires_at, time, lease_until, chosen, others }): ListenAnswer => ({
      address: ip_addr,
      expiresAt: expires_at,
      time,
      ...(lease_until !== undefined && { leaseUntil: lease_until }),
      ...(chosen !== undefined && { chosen }),
      ...(others && { others: others.map((other) => ({ ...place(other), since: other.since })) }),
    }),
  ),
)
const SessionReply = v.pipe(
  v.object({
    id: v.string(),
    this: v.boolean(),
    ip_addr: v.string(),
    begun_at: unixSeconds,
    used_at: unixSeconds,
    expires_at: unixSeconds,
    listens_at: v.optional(v.object({ ip_addr: v.string(), port })),
  }),
  v.transform(
    ({ listens_at, ...session }): SessionInfo => ({
      id: session.id,
      isThis: session.this,
      address: session.ip_addr,
      begunAt: session.begun_at,
      usedAt: session.used_at,
      expiresAt: session.expires_at,
      ...(listens_at && { listensAt: place(listens_at) }),
    }),
  ),
)

/** What each request is answered with, by its path, and what that is in the library. */
const REPLIES = {
  '/login/start': v.object({ response: v.string(), state: v.string() }),
  '/login/finish': v.object({ expires_at: unixSeconds }),
  '/register/start': OpaqueReply,
  '/password/start': OpaqueReply,
  '/userinfo': UserinfoReply,
  '/listen': ListenReply,
  '/sessions': v.pipe(
    v.object({ sessions: v.pipe(v.array(SessionReply), v.maxLength(MAX_SESSIONS)) }),
    v.transform(({ sessions }) => sessions),
  ),
  '/users/online': v.object({
    users: v.array(v.object({ username: v.pipe(v.string(), v.regex(USERNAME)), online: v.boolean() })),
    more: v.boolean(),
  }),
  '/sessions/end': v.pipe(
    v.object({ ended: v.number() }),
    v.transform(({ ended }) => ended),
  ),
}

/**
 * What a request was answered with.
 *
 * @throws CodecError `malformed`
 */
export function readReply<P extends keyof typeof REPLIES>(
  path: P,
  body: unknown,
): v.InferOutput<(typeof REPLIES)[P]> {
  const parsed = v.safeParse(REPLIES[path], body)
  if (parsed.success) return parsed.output
  // The field's name only: an issue's message would quote what was received, which may be a token.
  throw new CodecError(
    `reply to ${path}: ${v.getDotPath(parsed.issues[0]) ?? 'the body'} is missing or of the wrong form`,
  )
}

const ProblemReply = v.object({ code: v.string(), detail: v.optional(v.string(), '') })

// Request Timeout, Too Many Requests, Service Unavailable (RFC 9110 §15.5.9 and §15.6.4, RFC 6585 §4).
const TRY_LATER = new Set([408, 429, 503])

/**
 * The error that a reply other than 200 stands for (RFC 9457, §3.5 of the protocol).
 *
 * @param path - what was asked: the KDC may say no other codes than those of its route.
 */
export function readProblem(status: number, body: unknown, path: string): SymbolonError {
  const parsed = v.safeParse(ProblemReply, body)
  if (!parsed.success) {
    return new TransportError(
      'kdc_failed',
      `whatever answers there is no KDC: status ${status}, and no problem code`,
    )
  }
  const { code, detail } = parsed.output
  const isKnown = mayBeSaid(path, code)
  if (isKnown && (code === 'too_many_attempts' || code === 'quota_exceeded')) {
    return new TransportError(code, says('the KDC', detail))
  }
  if (TRY_LATER.has(status))
    return new TransportError('kdc_busy', `the KDC cannot answer now: ${quoted(detail)}`)
  if (status >= 500) return new TransportError('kdc_failed', `the KDC failed: ${quoted(detail)}`)
  if (isKnown && isProtocolCode(code)) return new ProtocolError(code, says('the KDC', detail))
  return new ProtocolError(
    'request_refused',
    `the KDC refused the request: ${quoted(detail)} (${quoted(code)})`,
  )
}

const isProtocolCode = (code: string): code is ProtocolCode =>
  (ERROR_CODES.protocol as readonly string[]).includes(code)
