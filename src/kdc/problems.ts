/**
 * Every way in which the KDC refuses, in one table, and how a refusal looks over HTTP: problem details, RFC 9457.
 * https://www.rfc-editor.org/rfc/rfc9457
 */
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type ErrorCode, SymbolonError } from '../lib/errors.ts'
import type { Log } from './settings.ts'

interface ProblemType {
  readonly status: ContentfulStatusCode
  /** The same words for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string
  readonly headers?: Readonly<Record<string, string>>
}

// A 401 names how to do better (RFC 9110 §15.5.2); ours is a token in the JSON, for which no scheme is registered.
const CHALLENGE = { 'WWW-Authenticate': 'Symbolon' }

export const PROBLEM_TYPES = {
  login_refused: { status: 401, title: 'Login refused', headers: CHALLENGE },
  token_unknown: { status: 401, title: 'Token unknown', headers: CHALLENGE },
  token_expired: { status: 401, title: 'Token expired', headers: CHALLENGE },
  login_stale: { status: 401, title: 'Login stale', headers: CHALLENGE },
  invitation_unknown: { status: 401, title: 'Invitation unknown', headers: CHALLENGE },
  invitation_required: { status: 403, title: 'Invitation required' },
  invitation_refused: { status: 403, title: 'Invitation refused' },
  registration_closed: { status: 403, title: 'Registration closed' },
  account_exists: { status: 409, title: 'Account exists' },
  too_many_attempts: { status: 429, title: 'Too many attempts' },
  quota_exceeded: { status: 429, title: 'Quota exceeded', headers: { 'Retry-After': '60' } },
  group_unknown: { status: 404, title: 'Group unknown' },
  group_exists: { status: 409, title: 'Group exists' },
  file_unknown: { status: 404, title: 'File unknown' },
  file_exists: { status: 409, title: 'File exists' },
  epoch_passed: { status: 409, title: 'Epoch passed' },
  not_allowed: { status: 403, title: 'Not allowed' },
  receiver_unknown: { status: 404, title: 'Receiver unknown' },
  receiver_offline: { status: 409, title: 'Receiver offline' },
  invalid_name: { status: 422, title: 'Invalid name' },
  invalid_request: { status: 422, title: 'Invalid request' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  malformed_http: { status: 400, title: 'Malformed HTTP', headers: { Connection: 'close' } },
  plaintext_refused: { status: 403, title: 'Plaintext refused' },
  request_refused: { status: 400, title: 'Request refused' },
  clock_wrong: { status: 401, title: 'Clock wrong', headers: CHALLENGE },
  web_page_refused: { status: 403, title: 'Web page refused' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'Request timeout', headers: { Connection: 'close' } },
  body_too_large: { status: 413, title: 'Body too large', headers: { Connection: 'close' } },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  headers_too_large: { status: 431, title: 'Headers too large', headers: { Connection: 'close' } },
  internal: { status: 500, title: 'Internal error' },
  kdc_busy: { status: 503, title: 'KDC busy', headers: { 'Retry-After': '1' } },
  store_unavailable: { status: 503, title: 'Store unavailable', headers: { 'Retry-After': '1' } },
} as const satisfies Partial<Record<ErrorCode, ProblemType>>

export type ProblemCode = keyof typeof PROBLEM_TYPES

/** A request is refused. The message is what the client reads as `detail`: it says what to do, and nothing secret. */
export class Problem extends SymbolonError {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  /** Headers of this occurrence, beside those of its type. */
  readonly headers: Readonly<Record<string, string>>

  /** What else the client is told (RFC 9457 §3.2). */
  readonly extension: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    extension: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
    this.code = code
    this.headers = headers
    this.extension = extension
  }
}

/** What was thrown while a request was answered, as the client may know it. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof SymbolonError && (error.code === 'invalid_name' || error.code === 'account_exists')) {
    return new Problem(error.code, error.message)
  }
  if (error instanceof SymbolonError && error.code === 'store_unavailable') {
    return new Problem('store_unavailable', 'the KDC cannot use its database at the moment: try again')
  }
  return new Problem('internal', 'something is wrong at the KDC; its log says what')
}

export function statusOf({ code }: Problem): ContentfulStatusCode {
  return PROBLEM_TYPES[code].status
}

interface ProblemResponse {
  readonly status: ContentfulStatusCode
  readonly headers: Record<string, string>
  readonly body: string
}

/** A problem as HTTP carries it. */
export function renderProblem(problem: Problem): ProblemResponse {
  const { status, title, headers }: ProblemType = PROBLEM_TYPES[problem.code]
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...headers,
      ...problem.headers,
    },
    body: JSON.stringify({
      type: `urn:symbolon:error:${problem.code}`,
      title,
      status,
      detail: problem.message,
      code: problem.code,
      ...problem.extension,
    }),
  }
}

/**
 * Judges whatever is thrown while a request is answered, and tells the log what only the operator may know of it.
 *
 * @param path - of the request.
 * @returns the answer to it.
 */
export function refusalOf(
  { log }: { readonly log: Pick<Log, 'warn' | 'error'> },
  error: unknown,
  path: string,
): ProblemResponse {
  const problem = toProblem(error)
  if (problem.code === 'internal') log.error({ err: error, path }, 'internal_error')
  if (problem.code === 'store_unavailable') log.warn({ err: error }, 'store_unavailable')
  return renderProblem(problem)
}
