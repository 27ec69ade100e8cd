/**
 * A KDC as part of another program: with what it keeps, and what it does in the background.
 *
 * @module
 */
import { isAbsolute, relative, resolve } from 'node:path'
import type { Hono } from 'hono'
import { openSqlite } from '../database/sqlite.ts'
import { utf8 } from '../lib/bytes.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type ArgumentType, judgeArgument, judgeOptions } from '../lib/judge.ts'
import { parseUsername } from '../lib/names.ts'
import { MAX_PASSWORD_BYTES } from '../lib/opaque.ts'
import {
  assembleKdc,
  createApp,
  type KdcOptions,
  SESSION_IDLE_SEC,
  SESSION_LIFETIME_SEC,
  TICKET_LIFETIME_SEC,
} from './app.ts'
import type { Kdc } from './context.ts'
import { type KdcData, openData } from './data.ts'
import { KEEP_SEC } from './groups/quotas.ts'
import { Waiters } from './groups/waiters.ts'
import { ProxyList, parseNetwork } from './http/proxies.ts'
import { generateMasterKeys, loadMasterKeys, type MasterKeys } from './keys/master-keys.ts'
import { generateOpaqueKeys } from './keys/opaque-keys.ts'
import { invite } from './logins/invite.ts'
import { LOGIN_LIMITS, loginLimits } from './logins/login-limits.ts'
import { createPasswordChecker } from './logins/passwords.ts'
import { purgeMoment } from './logins/session-life.ts'
import { startPurging } from './purge.ts'
import { type Log, REGISTRATIONS, type Registration } from './settings.ts'
import { accountExists } from './store/accounts.ts'
import { Store } from './store/store.ts'

/** What is decided about a KDC, whether or not it keeps anything. */
export interface KdcSettings {
  /** Who may make an account from afar. Default: `invitation`. */
  readonly registration?: Registration | undefined
  /** How long a ticket may be used, in seconds. Default: 300. */
  readonly ticketLifetimeSec?: number | undefined
  /** How long a login lasts, in seconds. Default: 43,200, a working day. */
  readonly sessionLifetimeSec?: number | undefined
  /** How long a session may go unused, in seconds. Default: 3600. */
  readonly sessionIdleSec?: number | undefined
  /** How long messages and files are kept for those who are away, in seconds. Default: 604,800, seven days. */
  readonly keepSec?: number | undefined
  /** How often a password may be tried for a name from one address; other limits are in proportion to it. Default: 10. */
  readonly loginTries?: number | undefined
  /** Where the events go. Default: nowhere. */
  readonly log?: Log | undefined
  /** The time, in Unix seconds. Default: the system's clock. */
  readonly clock?: Clock | undefined
}

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

/** A KDC in a program of one's own. */
export interface EmbeddedKdc {
  /**
   * What answers, at `/login/start`, `/userinfo` and the other paths of docs/protocol.md: clients expect them at the top of an origin. It reads the
   * addresses of clients from the bindings of `@hono/node-server`.
   */
  readonly app: Hono
  /** Who this KDC is: its public key, 32 bytes in base64url. */
  readonly publicKey: string
  /**
   * Makes an account.
   *
   * @param password - at most 1024 bytes of UTF-8; kept nowhere.
   * @throws ProtocolError `account_exists`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  addAccount(username: string, password: string): Promise<void>
  /**
   * Sets another password, and ends the account's sessions.
   *
   * @throws ProtocolError `account_unknown`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  changePassword(username: string, password: string): Promise<void>
  /**
   * Makes an invitation, with which an account can be made from afar.
   *
   * @param username - whom it is for.
   * @param lifetimeSec - how long it is good for, in seconds. Default: 1,209,600, fourteen days.
   * @returns the invitation, 22 characters of base64url: a secret, to be handed over.
   * @throws ProtocolError `account_exists`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  invite(username: string, lifetimeSec?: number): Promise<string>
  /** Ends what waits and what is done in the background, then lets go of what is kept. Close the server first. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

const INVITATION_SEC = 14 * 24 * 60 * 60

/** What the settings may be, for `judgeOptions`. */
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
    trustedProxies: 'object',
  })
  const { data, masterKeyFile, allowPlaintext = false, trustedProxies } = options
  const proxies = proxyList(trustedProxies)
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
  const running = startKdc({ ...settings, ...kept, allowPlaintext, proxies })
  return embed(running)
}

/** What a KDC keeps, and the keys that part of it is sealed with. */
interface KeptData extends KdcData {
  readonly masterKeys: MasterKeys
}

/** What is gone with the process. */
export async function memoryData(): Promise<KeptData> {
  const opaqueKeys = await generateOpaqueKeys()
  return { opaqueKeys, masterKeys: generateMasterKeys(), store: await Store.open(openSqlite(':memory:')) }
}

async function dataOnDisk(directory: string, masterKeyFile: string): Promise<KeptData> {
  const way = relative(resolve(directory), resolve(masterKeyFile))
  if (!way.startsWith('..') && !isAbsolute(way)) {
    throw new TypeError('createKdc: options.masterKeyFile: expected a file outside of options.data')
  }
  const masterKeys = loadMasterKeys(masterKeyFile)
  return { ...(await openData(directory)), masterKeys }
}

function proxyList(texts: unknown): ProxyList {
  if (texts === undefined) return new ProxyList()
  if (!Array.isArray(texts)) throw new TypeError('createKdc: options.trustedProxies: expected an array')
  return new ProxyList(
    texts.map((text, i) => {
      const network = typeof text === 'string' ? parseNetwork(text) : undefined
      if (network) return network
      const where = `createKdc: options.trustedProxies[${i}]`
      throw new TypeError(`${where}: expected an IP address, or a network such as 10.0.0.0/8`)
    }),
  )
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

/** A KDC at work. */
export interface RunningKdc {
  readonly kdc: Kdc
  readonly app: ReturnType<typeof createApp>
  /** Before its server is closed: answers end their connections, and nobody is kept waiting for what may come. */
  drain(): void
  /** After that: ends what is done in the background, and closes what is kept. */
  close(): Promise<void>
}

/** Puts a KDC to work on what it keeps; what is over is purged from time to time. */
export function startKdc(
  options: Omit<KdcOptions, 'passwords' | 'waiters' | 'isDraining'> &
    Required<Pick<Kdc, 'sessionIdleSec' | 'keepSec'>>,
): RunningKdc {
  const { store, log, sessionIdleSec, keepSec, clock = systemClock } = options
  const life = { clock, sessionIdleSec, keepSec }
  const passwords = createPasswordChecker(options.opaqueKeys.setup)
  const stopPurging = startPurging(store, () => purgeMoment(life), log)
  let draining = false
  const isDraining = () => draining
  const waiters = new Waiters({ ...life, store, log, isDraining })
  const kdc = assembleKdc({ ...options, passwords, waiters, isDraining })
  return {
    kdc,
    app: createApp(kdc),
    drain() {
      draining = true
      waiters.close()
    },
    async close() {
      stopPurging()
      await passwords.close()
      await store.close()
    },
  }
}

/** What a program sees of a KDC. */
export async function embed({ kdc, app, drain, close }: RunningKdc): Promise<EmbeddedKdc> {
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
