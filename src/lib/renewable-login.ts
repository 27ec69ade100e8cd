/**
 * The login of a session: had with a password, had anew when the KDC says that it is over, and another when the password is changed.
 */
import { toHex } from './bytes.ts'
import type { Secret } from './crypto/secret.ts'
import { type ProtocolCode, ProtocolError, SymbolonError, TransportError } from './errors.ts'
import { readReply } from './kdc-link/answers.ts'
import { AnsweredBefore, isSessionOver, newRequestId, UnsealedAnswer } from './kdc-link/exchange.ts'
import type { KdcLink, KdcLinkOptions } from './kdc-link/kdc-link.ts'
import type { OnNotice } from './mls/notices.ts'
import type { StateSource } from './mls/state-store.ts'
import { finishLogin, finishRegistration, startLogin, startRegistration } from './opaque.ts'
import { backoffMs } from './pacing/backoff.ts'
import { TokenBucket } from './pacing/token-bucket.ts'
import { sessionId } from './ticket.ts'

/**
 * Judges a KDC's public key, 32 bytes in base64url; throws to refuse it.
 *
 * @param proven - whether the KDC has shown that it has the key, in a login. In a registration it only says so: not a key to
 *   be remembered.
 */
export type JudgeKey = (kdcKey: string, proven: boolean) => void | Promise<void>

/** How to log in, and how to talk to the KDC afterwards. */
export interface LoginOptions extends KdcLinkOptions {
  /**
   * Judges the KDC's public key, 32 bytes in base64url, before the KDC learns that the password was right; throws to refuse
   * it. Default: any key, which an impostor cannot use, since only the KDC that registered the password can go on.
   */
  readonly judgeKey?: JudgeKey
  /**
   * Where the password is had from for what takes a login of the last five minutes, when the session goes on with a login that is older, and
   * the password it came from is not known here. Default: then that is refused (`login_stale`).
   */
  readonly freshPassword?: (() => string | Promise<string>) | undefined
  /** A clock that never goes back, in milliseconds: for how long logins are not tried again. Default: the system's. */
  readonly now?: () => number
  /**
   * Where what stored messages and groups need is kept from one time to the next. Default: in memory; a program that starts again without
   * its state can read nothing that was stored for it before.
   */
  readonly state?: StateSource | undefined
  /** Hears what a person should be told besides messages: who came and went, whose key changed, what is lost. */
  readonly onNotice?: OnNotice | undefined
  /** Ends the login while it is under way. */
  readonly signal?: AbortSignal | undefined
}

/** A password, or where to get it: asked again for every login, so that a changed one is found. */
export type PasswordSource = string | (() => string | Promise<string>)

/**
 * The same; or where to get a login that was had before, perhaps by another process: the session goes on with it, and wipes its keys in
 * the end. Asked again when that one is over, it throws or gives another.
 */
export type LoginSource = PasswordSource | (() => Login | Promise<Login>)

/** What a login gives. It serves any number of sessions at once, as long as one of them at most listens. */
export interface Login {
  /** The session token, 32 bytes. */
  readonly token: Secret
  /** OPAQUE's export_key, 64 bytes: see `Session.exportKey`. */
  readonly exportKey: Secret
  /** The KDC's public key, 32 bytes in base64url. */
  readonly kdcKey: string
  /** Unix seconds, by the KDC's clock. */
  readonly expiresAt: number
}

/**
 * What takes a login of the last five minutes, and is asked in one of its own where the session's is older: a receiver is reached by the
 * token of its session, which stays. (A change of password takes another login for the session itself.)
 */
const WITH_A_FRESH_LOGIN: readonly string[] = ['/identity/put']
/** How often something is asked anew, when the answer went to a copy of the request. */
const MAX_ASKED = 3
/** What a failed fresh login says of itself; anything else only says that it failed. */
const OF_THE_LOGIN: readonly string[] = ['login_refused', 'kdc_key_changed']
/** A client that asks again and again with an old password must not use up the tries of its owner. */
const REFUSED = { firstMs: 30_000, mostMs: 300_000 }

/** The login of one principal at one KDC, and what is asked with it. */
export class RenewableLogin {
  readonly username: string
  readonly kdc: KdcLink
  #source: LoginSource
  readonly #freshPassword: LoginOptions['freshPassword']
  readonly #judgeKey: JudgeKey
  readonly #now: () => number
  readonly #doubt: Doubt
  #current: Login | undefined
  #isClosed = false
  /** Logins for which the password was stretched and was right, whatever came of them. */
  #stretched = 0
  #renewing: Promise<void> | undefined
  /** Logins that were refused, one after the other. */
  #refusals = 0
  #refusal: { readonly error: ProtocolError; readonly untilMs: number } | undefined

  constructor(
    username: string,
    source: LoginSource,
    kdc: KdcLink,
    {
      judgeKey = () => {},
      now = () => performance.now(),
      freshPassword,
    }: Pick<LoginOptions, 'judgeKey' | 'now' | 'freshPassword'>,
  ) {
    this.username = username
    this.kdc = kdc
    this.#source = source
    this.#freshPassword = freshPassword
    this.#judgeKey = judgeKey
    this.#now = now
    this.#doubt = new Doubt(now)
  }

  /** @throws ProtocolError `token_expired` after `close`. */
  get current(): Login {
    if (!this.#current) throw loggedOut()
    return this.#current
  }

  get isOpen(): boolean {
    return this.#current !== undefined
  }

  /**
   * Asks with this login, and no other that takes its place.
   *
   * @returns the answer's JSON.
   */
  requestOnce(path: string, body: Record<string, unknown>): Promise<unknown> {
    return this.kdc.sealed(path, body, this.current.token)
  }

  /** Asks; when the login turns out to be over, once more with another, as the same request. */
  request(path: string, body: Record<string, unknown>): Promise<unknown> {
    return this.#anew(body.id === undefined, () => {
      // The KDC knows it by its id and principal, whatever the session: it is done once.
      const request = { id: newRequestId(), ...body }
      return this.#withLogin((token) => this.kdc.sealed(path, request, token)).catch((error) => {
        if (!WITH_A_FRESH_LOGIN.includes(path) || !isCode(error, 'login_stale')) throw error
        return this.#withFreshLogin(error, (token) => this.kdc.sealed(path, request, token))
      })
    })
  }

  /** Asks in another login, which ends with the answer. @param stale - thrown when there is no password for one. */
  async #withFreshLogin<T>(stale: Error, ask: (token: Secret) => Promise<T>): Promise<T> {
    if (this.#refusal && this.#now() < this.#refusal.untilMs) throw this.#refusal.error
    const source = this.#freshPassword ?? this.#source
    const password = typeof source === 'string' ? source : await source()
    if (typeof password !== 'string') {
      wipe(password)
      throw stale
    }
    const login = await this.#logIn(password).catch((error) => this.#refused(error))
    try {
      return await ask(login.token)
    } finally {
      // The KDC may be away; the session then ends by itself.
      await this.kdc.sealed('/logout', {}, login.token).catch(() => {})
      wipe(login)
    }
  }

  /** The same for an answer that is a stream of events: gives their ids. */
  events(path: string, body: Record<string, unknown>, signal: AbortSignal): Promise<AsyncIterable<string>> {
    return this.#anew(true, () => this.#withLogin((token) => this.kdc.events(path, body, token, signal)))
  }

  /** An attacker on the way can send a copy of a request first, and take the answer: what has no id of its own is asked anew. */
  async #anew<T>(mayRepeat: boolean, ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof AnsweredBefore) || !mayRepeat || tries === MAX_ASKED) throw error
      }
    }
  }

  async #withLogin<T>(ask: (token: Secret) => Promise<T>): Promise<T> {
    const { token } = this.current
    try {
      return await ask(token)
    } catch (error) {
      if (!isSessionOver(error)) throw error
      await this.#renewAfter(token, error)
    }
    return ask(this.current.token)
  }

  /**
   * A fresh login, once the one before was said to be over; unless another request has had one since. If it fails, that one stays: what was
   * said may not be so.
   *
   * @param claim - what says so.
   * @throws TransportError, `claim` among them when it is doubted; ProtocolError `login_refused`, `kdc_key_changed`.
   */
  async #renewAfter(token: Secret, claim: SymbolonError): Promise<void> {
    if (this.current.token !== token) return
    if (this.#refusal && this.#now() < this.#refusal.untilMs) throw this.#refusal.error
    try {
      await this.renew(claim)
    } catch (error) {
      if (!(error instanceof SymbolonError) || error instanceof TransportError) throw error
      if (OF_THE_LOGIN.includes(error.code)) throw error
      throw new TransportError('kdc_failed', `logging in again failed: ${error.message}`, { cause: error })
    }
  }

  /** Logs in anew. While one login is under way, another is the same. @param claim - as of `Session.renew`. */
  renew(claim?: unknown): Promise<void> {
    this.#renewing ??= this.#renewFor(claim).finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renewFor(claim: unknown): Promise<void> {
    if (!(claim instanceof UnsealedAnswer)) return this.#renew()
    const { token } = this.current
    if (!this.#doubt.isWorthLogin(this.kdc.isProven(token))) throw claim
    const before = this.#stretched
    try {
      await this.#renew()
    } finally {
      if (this.#stretched > before) this.#doubt.hasLoggedIn()
    }
    // Where that was forged the session is still there, and the KDC would go on making tickets for it.
    await this.#endSession(token).catch(() => {})
  }

  #endSession(token: Secret): Promise<unknown> {
    return this.requestOnce('/sessions/end', { session: toHex(sessionId(token)) })
  }

  async #renew(): Promise<void> {
    try {
      const given = typeof this.#source === 'string' ? this.#source : await this.#source()
      if (typeof given !== 'string') await this.#judgeKey(judgeGiven(given).kdcKey, true)
      const login = typeof given === 'string' ? await this.#logIn(given) : given
      if (!this.#goOnWith(login)) throw loggedOut()
      this.#refusals = 0
      this.#refusal = undefined
    } catch (error) {
      this.#refused(error)
    }
  }

  /** @throws `error`, which other logins may have to wait for. */
  #refused(error: unknown): never {
    if (isCode(error, 'login_refused')) {
      this.#refusal = { error, untilMs: this.#now() + backoffMs(++this.#refusals, REFUSED) }
    }
    throw error
  }

  async #logIn(password: string): Promise<Login> {
    const { username, kdc } = this
    const { request, state } = await startLogin(password)
    const begun = readReply('/login/start', await kdc.plain('/login/start', { username, request }))
    const { finish, ...login } = await finishLogin(username, password, state, begun.response)
    this.#stretched++
    try {
      await this.#judgeKey(login.kdcKey, true)
      const reply = await kdc.plain('/login/finish', { username, state: begun.state, finish })
      return { ...login, expiresAt: readReply('/login/finish', reply).expires_at }
    } catch (error) {
      wipe(login)
      throw error
    }
  }

  /** @returns whether it is the login from now on: not one that comes after `close`, which is wiped. */
  #goOnWith(login: Login): boolean {
    if (this.#isClosed) wipe(login)
    else this.#current = login
    return !this.#isClosed
  }

  /** `Session.changePassword`, its arguments judged. */
  async changePassword(
    password: string,
    onNewExportKey: ((exportKey: Secret) => void | Promise<void>) | undefined,
  ): Promise<void> {
    const { request, state } = await startRegistration(password)
    const { response } = readReply('/password/start', await this.request('/password/start', { request }))
    const { record, exportKey, kdcKey } = await finishRegistration(this.username, password, state, response)
    await this.#judgeKey(kdcKey, false)
    try {
      await onNewExportKey?.(exportKey)
      const before = this.current
      const found = await this.#putRecord(record, password)
      this.#goOnWith(found ?? { ...before, exportKey })
      this.#source = password
      before.exportKey.wipe()
      if (found) exportKey.wipe()
    } catch (error) {
      exportKey.wipe()
      throw error
    }
  }

  /** @returns the login by which it was found out that the new password holds; nothing when the KDC has said so. */
  async #putRecord(record: string, password: string): Promise<Login | undefined> {
    const { token } = this.current
    const request = { id: newRequestId(), record }
    let failure: TransportError | undefined
    for (let tries = 1; tries <= 2; tries++) {
      try {
        await this.kdc.sealed('/password/finish', request, token)
        return undefined
      } catch (error) {
        // At first, anything else was judged under seal.
        if (!(error instanceof TransportError) && !failure) throw error
        failure = error as TransportError
      }
    }
    return this.#findPassword(token, password, failure as Error)
  }

  /**
   * Which password holds shows in which of them logs in: OPAQUE proves that it is the KDC who says so. Two tries at most.
   *
   * @param token - of the session in which the new record was sent: it may still be on its way.
   * @throws TransportError: the old one holds; or, with `outcome_unknown`, either may hold.
   */
  async #findPassword(token: Secret, password: string, cause: Error): Promise<Login> {
    const code = cause instanceof TransportError ? cause.code : 'kdc_failed'
    try {
      try {
        return await this.#logIn(password)
      } catch (error) {
        if (!isCode(error, 'login_refused')) throw error
      }
      await this.renew()
      // With the end of that session, what is on its way comes too late; were it there already, it would have ended ours.
      await this.#endSession(token)
    } catch {
      const message = `the password may or may not be the new one: ${cause.message}`
      throw new TransportError('outcome_unknown', message, { cause })
    }
    throw new TransportError(code, `the password is the one before: ${cause.message}`, { cause })
  }

  /** Forgets the login, and one that is under way, and lets go of the connection to the KDC. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#current) wipe(this.#current)
    this.#current = undefined
    await this.kdc.close()
  }
}

const isCode = (error: unknown, code: ProtocolCode): error is ProtocolError =>
  error instanceof ProtocolError && error.code === code

const loggedOut = () => new ProtocolError('token_expired', 'this session was logged out')

function wipe({ token, exportKey }: Pick<Login, 'token' | 'exportKey'>): void {
  token.wipe()
  exportKey.wipe()
}

/** @throws TypeError, which shows nothing of it. */
function judgeGiven(given: Partial<Login> | null | undefined): Login {
  const { token, exportKey, kdcKey } = given ?? {}
  if (token && exportKey && typeof kdcKey === 'string') return given as Login
  throw new TypeError('login: password: expected a string, or a function that gives one')
}

/** Said again of a new session in which no answer was sealed. */
const UNPROVEN = { firstMs: 30_000, mostMs: 300_000 }
/** However many sealed answers came in between: an attacker could let those through. */
const LOGINS = { capacity: 5, perSec: 1 / 60 }

/**
 * How often a session that is said to be over, without a seal, is worth a fresh login. A KDC that has lost the session cannot seal that; an
 * attacker on the way can say it again and again, and a login is work: the password is stretched for each.
 */
class Doubt {
  readonly #now: () => number
  readonly #allowance: TokenBucket
  /** Logins for the sake of such a claim since the last sealed answer. */
  #logins = 0
  #untilMs = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
    this.#allowance = new TokenBucket({ ...LOGINS, now })
  }

  /** @param isProven - whether the KDC has sealed an answer in the session that is said to be over. */
  isWorthLogin(isProven: boolean): boolean {
    if (isProven) {
      this.#logins = 0
      this.#untilMs = Number.NEGATIVE_INFINITY
    }
    return this.#now() >= this.#untilMs && this.#allowance.waitMs(1) === 0
  }

  hasLoggedIn(): void {
    this.#allowance.spend(1)
    this.#untilMs = this.#now() + backoffMs(++this.#logins, UNPROVEN, 1)
  }
}
