/**
 * The KDC as a Hono app: what it answers, without a port. `server.ts` gives it one; tests call `app.request()`.
 *
 * @module
 */
import { Hono } from 'hono'
import { systemClock } from '../lib/clock.ts'
import { secureRandomBytes } from '../lib/crypto/random.ts'
import type { Kdc, KdcEnv } from './context.ts'
import { MailboxSubscribers } from './events/mailbox-subscribers.ts'
import { KEEP_SEC, SESSION_IDLE_SEC, SESSION_LIFETIME_SEC, TICKET_LIFETIME_SEC } from './lifetimes.ts'
import { ProxyList } from './network/ip.ts'
import { Problem, refusalOf } from './problems.ts'
import { filesRoute } from './routes/files.ts'
import { groupsRoute } from './routes/groups.ts'
import { identityRoute } from './routes/identity.ts'
import { loginRoute } from './routes/login.ts'
import { mailboxRoute } from './routes/mailbox.ts'
import { registerRoute } from './routes/register.ts'
import { sessionsRoute } from './routes/sessions.ts'
import { userinfoRoute } from './routes/userinfo.ts'
import { QUOTAS } from './store/quotas.ts'
import { BodyBudget, ReadBudget } from './traffic/budgets.ts'
import { FairQueue } from './traffic/fair-queue.ts'
import { LOGIN_LIMITS } from './traffic/login-limits.ts'

const ROUTES = [
  loginRoute,
  registerRoute,
  sessionsRoute,
  userinfoRoute,
  identityRoute,
  groupsRoute,
  mailboxRoute,
  filesRoute,
]

/** What a KDC is made of; the settings have defaults. */
export type KdcOptions = Pick<Kdc, 'store' | 'opaqueKeys' | 'masterKeys' | 'passwords' | 'log'> & Partial<Kdc>

export function assembleKdc(options: KdcOptions): Kdc {
  const fairQueue = options.fairQueue ?? new FairQueue()
  const settings: Omit<Kdc, 'subscribers'> = {
    clock: systemClock,
    randomBytes: secureRandomBytes,
    ticketLifetimeSec: TICKET_LIFETIME_SEC,
    sessionLifetimeSec: SESSION_LIFETIME_SEC,
    sessionIdleSec: SESSION_IDLE_SEC,
    keepSec: KEEP_SEC,
    quotas: QUOTAS,
    registration: 'invitation',
    loginLimits: LOGIN_LIMITS,
    allowPlaintext: false,
    proxies: new ProxyList(),
    fairQueue,
    reads: new ReadBudget(fairQueue),
    bodies: new BodyBudget(),
    isDraining: () => false,
    ...options,
  }
  return { ...settings, subscribers: options.subscribers ?? new MailboxSubscribers(settings) }
}

export function createApp(kdc: Kdc): Hono<KdcEnv> {
  const app = new Hono<KdcEnv>()
  app.use(async (c, next) => {
    c.header('Cache-Control', 'no-store')
    await next()
    await kdc.log.written?.()
    // Judged last, so that it reaches also those who asked before the end was near: no client keeps the KDC waiting.
    if (kdc.isDraining()) c.header('Connection', 'close')
  })
  for (const route of ROUTES) app.route('/', route(kdc))
  // For load balancers: whether to send requests here.
  app.get('/healthz', (c) =>
    kdc.isDraining() ? c.json({ status: 'draining' }, 503) : c.json({ status: 'ok' }),
  )
  app.notFound((c) => {
    throw unrouted(app, c.req.method, c.req.path)
  })
  app.onError((error, c) => {
    const { status, headers, body } = refusalOf(kdc, error, c.req.path)
    return c.newResponse(body, { status, headers })
  })
  return app
}

function unrouted(app: Hono<KdcEnv>, method: string, path: string): Problem {
  const methods = app.routes
    .filter((route) => route.path === path && route.method !== 'ALL')
    .map((route) => route.method)
  if (methods.length === 0) return new Problem('not_found', `there is nothing at ${path}`)
  const allow = [...new Set(methods)].join(', ')
  return new Problem('method_not_allowed', `${method} is not for ${path}: use ${allow}`, { Allow: allow })
}
