/** What every exchange works with. */
import type { HttpBindings } from '@hono/node-server'
import type { Clock } from '../lib/clock.ts'
import type { RandomBytes } from '../lib/crypto/random.ts'
import type { MailboxSubscribers } from './events/mailbox-subscribers.ts'
import type { MasterKeys } from './keys/master-keys.ts'
import type { OpaqueKeys } from './keys/opaque-keys.ts'
import type { ProxyList } from './network/ip.ts'
import type { PasswordChecker } from './passwords/passwords.ts'
import type { Log, Registration } from './settings.ts'
import type { Invitation } from './store/accounts.ts'
import type { Quotas } from './store/quotas.ts'
import type { StoredSession } from './store/sessions.ts'
import type { Store } from './store/store.ts'
import type { BodyBudget, ReadBudget } from './traffic/budgets.ts'
import type { FairQueue } from './traffic/fair-queue.ts'
import type { LoginLimits } from './traffic/login-limits.ts'

export interface Kdc {
  readonly store: Store
  readonly opaqueKeys: OpaqueKeys
  readonly masterKeys: MasterKeys
  readonly passwords: PasswordChecker
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly log: Log
  readonly ticketLifetimeSec: number
  readonly sessionLifetimeSec: number
  readonly sessionIdleSec: number
  /** For how long stored messages are kept at most. */
  readonly keepSec: number
  readonly quotas: Quotas
  /** Those who wait for something to come, at this node. */
  readonly subscribers: MailboxSubscribers
  /** Work at this node that takes its time. */
  readonly fairQueue: FairQueue
  readonly reads: ReadBudget
  readonly bodies: BodyBudget
  readonly registration: Registration
  readonly loginLimits: LoginLimits
  /** Whether passwords and secrets may cross a network unprotected. */
  readonly allowPlaintext: boolean
  /** Whose word is taken for where a request comes from. */
  readonly proxies: ProxyList
  readonly isDraining: () => boolean
}

/** As much of a request as it takes to judge it, whatever carries it: Hono's context is one, and fast-userinfo.ts has another. */
export interface RequestView {
  readonly env: { readonly incoming: Pick<HttpBindings['incoming'], 'socket'> }
  readonly req: { header(name: string): string | undefined }
  readonly var: Readonly<Pick<KdcEnv['Variables'], 'body' | 'session'>>
}

/** What Hono hands from the server to the handlers, and from a middleware to the next. */
export interface KdcEnv {
  Bindings: HttpBindings
  Variables: {
    /** The request's JSON, not yet judged. */
    body: unknown
    /** Whose request it is, when it came sealed: only that session's client could have sealed it. */
    session: StoredSession | undefined
    /** What a request to register was sealed with. */
    invitation: Invitation | undefined
    /** When a sealed request was made, by the client's clock, Unix seconds: under the seal, so only the client can have said so. */
    requestTime: number | undefined
    /** What tells a sealed request from every other, and is the same when it is sent again: 16 bytes. */
    requestId: Uint8Array | undefined
  }
}
