/**
 * A KDC at work, with what it keeps, and what it does in the background: as part of another program (`createKdc`), or under a server of ours.
 *
 * @module
 */
import type { Hono } from 'hono'
import { openSqlite } from '../database/sqlite.ts'
import { utf8 } from '../lib/bytes.ts'
import { type ArgumentType, judgeArgument, judgeOptions } from '../lib/check-options.ts'
import { systemClock } from '../lib/clock.ts'
import { parseUsername } from '../lib/names.ts'
import { MAX_PASSWORD_BYTES } from '../lib/opaque.ts'
import { assembleKdc, createApp, type KdcOptions } from './app.ts'
import type { Kdc } from './context.ts'
import { type KdcData, openData } from './data.ts'
import { MailboxSubscribers } from './events/mailbox-subscribers.ts'
import { generateMasterKeys, isWithin, loadMasterKeys, type MasterKeys } from './keys/master-keys.ts'
import { generateOpaqueKeys } from './keys/opaque-keys.ts'
import { KEEP_SEC, SESSION_IDLE_SEC, SESSION_LIFETIME_SEC, TICKET_LIFETIME_SEC } from './lifetimes.ts'
import { invite } from './logins/invite.ts'
import { ProxyList } from './network/ip.ts'
import { createPasswordChecker } from './passwords/passwords.ts'
import { type EmbeddedKdc, type KdcSettings, type Log, REGISTRATIONS } from './settings.ts'
import { accountExists } from './store/accounts.ts'
import { type PurgeCutoff, purgeCutoff } from './store/sessions.ts'
import { Store } from './store/store.ts'
import { LOGIN_LIMITS, loginLimits } from './traffic/login-limits.ts'

/** What a KDC in a program of one's own is made with. */
export interface CreateKdcOptions extends KdcSettings {
  /** The directory of what it keeps, mode 0700; made with all that is in it, if need be. Default: all is in memory, and gone with the KDC. */
  readonly data?: string | undefined
  /**
   * The file of the master keys, which seal session tokens in the database: outside of `data`, whose thief they are to keep out. It is made if
   * there is none. Given if, and only if, `data` is.
   */
  readonly masterKeyFile?: string | undefined
  /** Whether passwords and secrets may cross a network unprotected. Default: false. */
  readonly allowPlaintext?: boolean | undefined
  /** Proxies whose `X-Forwarded-For` is believed: IP addresses, or networks such as `10.0.0.0/8`. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined
}

/**
 * Makes a KDC for a program of one's own, such as a Hono server that has other routes as well.
 *
 * The limits on connections and slow requests that `symbolon kdc` has are those of its server, and the affair of the program's own here. Mount
 * the app after the program's own routes: answers of all that come later are marked `Cache-Control: no-store`.
 *
 * @throws TypeError when an option is none, or not of its type; KeyFileError, FileError and StoreError when what is kept in `data` cannot be used.
 * @example
 * const kdc = await createKdc({ data: '/var/lib/kdc', masterKeyFile: '/etc/kdc/master.key' })
 * const app = new Hono().get('/about', (c) => c.text('our KDC')).route('/', kdc.app)
 * serve({ fetch: app.fetch, port: 8800 })   // of @hono/node-server
 */
export async function createKdc(options: CreateKdcOptions = {}): Promise<EmbeddedKdc> {
  judgeOptions('createKdc', options, {
    ...SETTING_TYPES,
    data: 'string',
    masterKeyFile: 'string',
    allowPlaintext: 'boolean',
    trustedProxies: 'array',
  })
  const { data, masterKeyFile, allowPlaintext = false, trustedProxies = [] } = options
  const proxies = new ProxyList(
    trustedProxies.map((text) => (typeof text === 'string' ? text : '')),
    (_, i) => {
      const where = `createKdc: options.trustedProxies[${i}]`
      throw new TypeError(`${where}: expected an IP address, or a network such as 10.0.0.0/8`)
    },
  )
  const settings = parseSettings('createKdc', options)
  if (data === '') throw new TypeError('createKdc: options.data: expected a path, got an empty string')
  if ((data === undefined) !== (masterKeyFile === undefined)) {
    throw new TypeError(
      'createKdc: options.masterKeyFile: expected a path if, and only if, there is options.data',
    )
  }
  const kept =
    data === undefined || masterKeyFile === undefined
      ? await memoryData()
      : await dataOnDisk(data, masterKeyFile)
  return embed(startKdc({ ...settings, ...kept, allowPlaintext, proxies }))
}

async function dataOnDisk(directory: string, masterKeyFile: string): Promise<KeptData> {
  if (isWithin(directory, masterKeyFile)) {
    throw new TypeError('createKdc: options.masterKeyFile: expected a file outside of options.data')
  }
  const masterKeys = loadMasterKeys(masterKeyFile)
  return { ...(await openData(directory)), masterKeys }
}

const INVITATION_SEC = 14 * 24 * 60 * 60

export const SETTING_TYPES = {
  registration: 'string',
  ticketLifetimeSec: 'count',
  sessionLifetimeSec: 'count',
  sessionIdleSec: 'count',
  keepSec: 'count',
  loginTries: 'count',
  log: 'object',
  clock: 'function',
} as const satisfies Record<keyof KdcSettings, ArgumentType>

/** What a KDC keeps, and the keys that part of it is sealed with. */
interface KeptData extends KdcData {
  readonly masterKeys: MasterKeys
}

/** What is gone with the process. */
export async function memoryData(): Promise<KeptData> {
  const opaqueKeys = await generateOpaqueKeys()
  return { opaqueKeys, masterKeys: generateMasterKeys(), store: await Store.open(openSqlite(':memory:')) }
}

const SILENT: Log = { info() {}, warn() {}, error() {} }

/** The settings with their defaults. @throws TypeError for values that their types allow and that mean nothing. */
export function parseSettings(where: string, options: KdcSettings) {
  const { registration = 'invitation', log = SILENT } = options
  if (!REGISTRATIONS.includes(registration)) {
    throw new TypeError(`${where}: options.registration: expected one of ${REGISTRATIONS.join(', ')}`)
  }
  for (const level of ['info', 'warn', 'error'] as const) {
    judgeArgument(`${where}: options.log.${level}`, log[level], 'function')
  }
  return {
    registration,
    log,
    ticketLifetimeSec: options.ticketLifetimeSec ?? TICKET_LIFETIME_SEC,
    sessionLifetimeSec: options.sessionLifetimeSec ?? SESSION_LIFETIME_SEC,
    sessionIdleSec: options.sessionIdleSec ?? SESSION_IDLE_SEC,
    keepSec: options.keepSec ?? KEEP_SEC,
    loginLimits: loginLimits(options.loginTries ?? LOGIN_LIMITS.nameFromAddress.burst),
    clock: options.clock ?? systemClock,
  }
}

const PURGE_INTERVAL_MS = 60_000
/** Freed at once, of each kind: some milliseconds of work, after which others have their turn. */
const PURGE_LIMIT = 1000

/**
 * Frees the room of what is over (sessions, invitations, counts of attempts, messages that were read, files and messages that are too
 * old); failing is no trouble, for the next time comes.
 */
export async function purge(store: Store, cutoff: () => PurgeCutoff, log: Log): Promise<void> {
  try {
    let [sessions, entries, files] = [0, 0, 0]
    for (let more = true; more; ) {
      const purged = await store.purge(cutoff(), PURGE_LIMIT)
      sessions += purged.sessions
      entries += purged.entries
      files += purged.files
      more = purged.more
    }
    const counts = Object.entries({ sessions, entries, files }).filter(([, count]) => count > 0)
    if (counts.length > 0) log.info(Object.fromEntries(counts), 'purged')
  } catch (error) {
    log.warn({ err: error }, 'purge_failed')
  }
}

/** Puts a KDC to work on what it keeps; what is over is purged from time to time. */
export function startKdc(
  options: Omit<KdcOptions, 'passwords' | 'isDraining'> & Required<Pick<Kdc, 'sessionIdleSec' | 'keepSec'>>,
) {
  const { store, log, sessionIdleSec, keepSec, clock = systemClock } = options
  const life = { clock, sessionIdleSec, keepSec }
  const passwords = createPasswordChecker(options.opaqueKeys.setup)
  const purging = setInterval(() => void purge(store, () => purgeCutoff(life), log), PURGE_INTERVAL_MS)
  purging.unref()
  let draining = false
  const isDraining = () => draining
  const subscribers = new MailboxSubscribers({ ...life, store, log, isDraining })
  const kdc = assembleKdc({ ...options, passwords, subscribers, isDraining })
  return {
    kdc,
    app: createApp(kdc),
    /** Before its server is closed: answers end their connections, and no request is kept waiting for what may come. */
    drain() {
      draining = true
      subscribers.close()
    },
    /** After that: ends what is done in the background, and closes what is kept. */
    async close() {
      clearInterval(purging)
      await passwords.close()
      await store.close()
    },
  }
}

/** What a program sees of a KDC. */
export async function embed({ kdc, app, drain, close }: ReturnType<typeof startKdc>): Promise<EmbeddedKdc> {
  let closing: Promise<void> | undefined
  const closeOnce = () => {
    drain()
    closing ??= close()
    return closing
  }
  const recordOf = async (where: string, username: string, password: string) => {
    judgeArgument(`${where}: username`, username, 'string')
    judgePassword(`${where}: password`, password)
    const name = parseUsername(username)
    return { username: name, record: await kdc.passwords.register(name, password) }
  }
  return {
    app: app as unknown as Hono,
    publicKey: await kdc.opaqueKeys.publicKey(),
    async addAccount(username, password) {
      const account = await recordOf('addAccount', username, password)
      await kdc.store.accounts.create({ ...account, createdAt: kdc.clock() })
    },
    async changePassword(username, password) {
      const account = await recordOf('changePassword', username, password)
      await kdc.store.accounts.replaceRecord(account.username, account.record)
    },
    async invite(username, lifetimeSec = INVITATION_SEC) {
      judgeArgument('invite: username', username, 'string')
      judgeArgument('invite: lifetimeSec', lifetimeSec, 'count')
      const name = parseUsername(username)
      const [invited] = await invite(kdc, [name], kdc.clock() + lifetimeSec)
      if (invited?.invitation === undefined) throw accountExists(name)
      return invited.invitation
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  }
}

/** @throws TypeError, which does not show it. */
function judgePassword(where: string, password: unknown): void {
  judgeArgument(where, password, 'string')
  const text = password as string
  if (text === '' || /\p{Surrogate}/u.test(text) || utf8(text).length > MAX_PASSWORD_BYTES) {
    throw new TypeError(`${where}: expected 1 to ${MAX_PASSWORD_BYTES} bytes of UTF-8`)
  }
}
