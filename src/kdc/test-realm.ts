/**
 * A realm for the tests of other people's programs: a KDC in memory, on a port that is free.
 *
 * @module
 */
import { toBase64url } from '../lib/bytes.ts'
import { judgeArgument, judgeOptions } from '../lib/check-options.ts'
import { secureRandomBytes } from '../lib/crypto/random.ts'
import type { LoginOptions } from '../lib/renewable-login.ts'
import { login, type Session } from '../lib/session.ts'
import { embed, memoryData, parseSettings, SETTING_TYPES, startKdc } from './create-kdc.ts'
import { directRoutes } from './fast-userinfo.ts'
import { serve } from './http/server.ts'
import type { EmbeddedKdc, KdcSettings } from './settings.ts'

const PASSWORD_BYTES = 12
/** So many that no test is ever stopped. */
const LOGIN_TRIES = 1_000_000

/** What a test realm is made with: the settings of a KDC, and who is in it. */
export interface TestRealmOptions<Name extends string = string> extends KdcSettings {
  /** Usernames: each gets an account, with a password of its own. Default: none. */
  readonly accounts?: readonly Name[] | undefined
  /** Who else may make an account. Default: `open`, everybody. */
  readonly registration?: KdcSettings['registration']
  /** Default: 1,000,000, so that no test is ever stopped. */
  readonly loginTries?: number | undefined
  /** The port, on 127.0.0.1. Default: 0, which lets the system choose. */
  readonly port?: number | undefined
}

/** A realm that is there until it is closed. */
export interface TestRealm<Name extends string = string> extends Omit<EmbeddedKdc, 'app'> {
  /** The KDC's URL: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** The passwords of `accounts`, by username. */
  readonly passwords: Readonly<Record<Name, string>>
  /**
   * Logs in one of `accounts`, with the realm's clock. The session is closed with the realm, if it is not before.
   *
   * @throws as `login`; TypeError for a name that is not in `accounts`.
   */
  login(username: Name, options?: LoginOptions): Promise<Session>
  /** Closes the sessions that `login` has opened, stops the KDC, and forgets everything. What programs opened themselves they close themselves. */
  close(): Promise<void>
}

/**
 * Starts a realm: a KDC in memory on a port of 127.0.0.1 that is free, with accounts that were registered as any others are. It takes about 40 ms
 * for each account, and 100 ms in all besides.
 *
 * @throws TypeError when an option is none, or not of its type; ProtocolError `invalid_name`, `account_exists` for a name that is twice in
 *   `accounts`; the error of `listen` (`EADDRINUSE`, `EACCES`) for a port that cannot be had.
 * @example
 * await using realm = await startTestRealm({ accounts: ['alice', 'bob'] })
 * const alice = await realm.login('alice')
 * const bob = await login(realm.url, 'bob', realm.passwords.bob)
 */
export async function startTestRealm<const Name extends string = never>(
  options: TestRealmOptions<Name> = {},
): Promise<TestRealm<Name>> {
  judgeOptions('startTestRealm', options, { ...SETTING_TYPES, accounts: 'array', port: 'port' })
  const { accounts = [], port = 0 } = options
  for (const [i, name] of accounts.entries()) {
    judgeArgument(`startTestRealm: options.accounts[${i}]`, name, 'string')
  }
  const settings = parseSettings('startTestRealm', {
    ...options,
    registration: options.registration ?? 'open',
    loginTries: options.loginTries ?? LOGIN_TRIES,
  })
  const running = startKdc({ ...settings, ...(await memoryData()) })
  const kdc = await embed(running)
  const passwords = new Map<Name, string>()
  const sessions = new Set<Session>()
  try {
    await Promise.all(
      accounts.map(async (name) => {
        const password = toBase64url(secureRandomBytes(PASSWORD_BYTES))
        await kdc.addAccount(name, password)
        passwords.set(name, password)
      }),
    )
    const fetch = running.app.fetch
    const server = await serve(fetch, { host: '127.0.0.1', port, direct: directRoutes(running.kdc) })
    let closing: Promise<void> | undefined
    const close = () => {
      closing ??= (async () => {
        await Promise.all([...sessions].map((session) => session.close()))
        running.drain()
        await server.close()
        await kdc.close()
      })()
      return closing
    }
    const { app: _app, ...rest } = kdc
    return {
      ...rest,
      url: server.url,
      passwords: Object.fromEntries(passwords) as Record<Name, string>,
      async login(username, loginOptions = {}) {
        const password = passwords.get(username)
        if (password === undefined)
          throw new TypeError('realm.login: username: expected one of options.accounts')
        const session = await login(server.url, username, password, {
          clock: settings.clock,
          ...loginOptions,
        })
        sessions.add(session)
        return session
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await kdc.close()
    throw error
  }
}
