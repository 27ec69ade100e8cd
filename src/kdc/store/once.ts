/**
 * Requests that change something once, however often they come: sent again by a client whose answer was lost, or by somebody
 * who recorded them. What one changes and that it was here are written in one transaction.
 *
 * A run of a request has a number of its own. The first run leaves it in the table; statements that change something ask
 * whether it is theirs.
 *
 * @module
 */
import { secureRandomBytes } from '../../lib/random.ts'

/** A request of a session, or the login that begins it. */
export interface Request {
  readonly sid: Uint8Array
  /** What the client calls it, the same when it is sent again (docs/protocol.md §3.7); of a login, what login-state.ts calls it. */
  readonly id: Uint8Array
  /** Unix seconds. */
  readonly now: number
}

/** One run of a request. */
export interface Run extends Request {
  readonly run: Uint8Array
  readonly forgetAt: number
}

const RUN_BYTES = 16
/** Longer than a request can be sent again, its time being good from five minutes before to five minutes after now. */
const REMEMBER_SEC = 900

/** Begins a run. */
export function runOf(request: Request): Run {
  return { ...request, run: secureRandomBytes(RUN_BYTES), forgetAt: request.now + REMEMBER_SEC }
}
