/**
 * A principal's side of everything: log in, open channels to others, be reachable.
 *
 * @module
 */

import { untilAborted } from './abort.ts'
import { toHex } from './bytes.ts'
import type { Channel } from './channel/channel.ts'
import { type ConnectOptions, connect } from './channel/connect.ts'
import { judgeArgument, judgeMessage, judgeOptions } from './check-options.ts'
import type { Clock } from './clock.ts'
import {
  type SendFileOptions,
  type SendOptions,
  type SendResult,
  sendFile,
  sendMessage,
} from './connect-or-store.ts'
import type { Secret } from './crypto/secret.ts'
import { ProtocolError, SymbolonError, TransportError } from './errors.ts'
import { Groups, type WaitOptions } from './groups.ts'
import {
  type ListenAnswer,
  readEndReply,
  readFinishReply,
  readListenReply,
  readRegistrationReply,
  readSessionsReply,
  readStartReply,
  type SessionInfo,
  type UserinfoAnswer,
} from './kdc-link/answers.ts'
import { AnsweredBefore, isSessionOver, newRequestId, UnsealedAnswer } from './kdc-link/exchange.ts'
import { KdcLink, type KdcLinkOptions } from './kdc-link/kdc-link.ts'
import type { Conversation, MailMessage } from './mls/mailbox.ts'
import { MailboxHandle } from './mls/mailbox-handle.ts'
import type { OnNotice } from './mls/notices.ts'
import { memoryStateStore, type StateSource } from './mls/state-store.ts'
import { parseUsername } from './names.ts'
import { finishLogin, finishRegistration, startLogin, startRegistration } from './opaque.ts'
import { backoffMs } from './pacing/backoff.ts'
import { ReloginPace } from './pacing/relogin-pace.ts'
import { type PathOrSource, sourceFrom } from './paths.ts'
import { Presence, type PresenceOptions } from './presence.ts'
import { type MessagesOptions, type ReceivedMessage, receiveMessages } from './receive.ts'
import { requestTicket } from './request-ticket.ts'
import {
  CONNECT_OPTIONS,
  judgeLogin,
  LISTEN_OPTIONS,
  PLACE_OPTIONS,
  SEND_OPTIONS,
} from './session-options.ts'
import { sessionId } from './ticket.ts'
import type { Trace } from './trace.ts'

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
 * Logs in, without showing the password to anybody: OPAQUE. Everything afterwards is sealed with the token that this gives.
 *
 * @param kdc - the KDC's URL, such as `http://127.0.0.1:8800`.
 * @throws ProtocolError `login_refused`, `invalid_name`, `request_refused`, and what `judgeKey` throws; TransportError
 *   `kdc_unreachable`, `kdc_busy`, `kdc_failed`; CodecError `malformed` for an answer that is none; TypeError when `kdc`
 *   is no URL.
 * @example
 * const alice = await login('http://127.0.0.1:8800', 'alice', password)
 * const channel = await alice.connect('bob')
 * await channel.send('hello')
 */
export async function login(
  kdc: string,
  username: string,
  password: LoginSource,
  options: LoginOptions = {},
): Promise<Session> {
  judgeLogin('login', kdc, username, password, options)
  const name = parseUsername(username)
  options.signal?.throwIfAborted()
  const link = await KdcLink.open(kdc, name, options)
  const session = new Session(name, password, link, options)
  try {
    await untilAborted(session.renew(), options.signal)
  } catch (error) {
    await link.close()
    throw error
  }
  return session
}

/** @throws TypeError, which shows nothing of it. */
function judgeGiven(given: Partial<Login> | null | undefined): Login {
  const { token, exportKey, kdcKey } = given ?? {}
  if (token && exportKey && typeof kdcKey === 'string') return given as Login
  throw new TypeError('login: password: expected a string, or a function that gives one')
}

/** How often something is asked anew, when the answer went to a copy of the request. */
const MAX_ASKED = 3

/** How to change a password. */
export interface ChangePasswordOptions {
  /**
   * Told of the new password's export key before the KDC has the new record; if it throws, the password stays. Whoever has
   * sealed something under the old export key seals it under the new one too, and lets go of the old only when
   * `changePassword` has resolved. If it rejects, either password may hold: keep both. The key is the session's: not to be
   * kept or wiped.
   */
  readonly onNewExportKey?: (exportKey: Secret) => void | Promise<void>
}

/** What a failed fresh login says of itself; anything else only says that it failed. */
const OF_THE_LOGIN: readonly string[] = ['login_refused', 'kdc_key_changed']

/** Who asks again and again with an old password must not use up its owner's tries. */
const REFUSED = { firstMs: 30_000, mostMs: 300_000 }

/**
 * One login of one principal. It lasts until `expiresAt`, `logout`, or the KDC ends it.
 *
 * When it turns out to be over, whatever is asked next logs in once more and asks again, as the same request. All that is asked throws
 * TransportError when no answer came that the KDC has sealed: then it may or may not have happened.
 */
export class Session {
  /** Whose it is, in lower case. */
  readonly username: string
  #password: LoginSource
  readonly #kdc: KdcLink
  readonly #trace: Trace | undefined
  readonly #judgeKey: JudgeKey
  readonly #now: () => number
  readonly #reloginPace: ReloginPace
  /** The way to stored messages: for what builds on a session. */
  readonly mailbox: MailboxHandle
  /** The groups that this principal is in. */
  readonly groups: Groups
  #isReceiving = false
  readonly #closed = new AbortController()
  #login: Login | undefined
  /** Logins for which the password was stretched and was right, whatever came of them. */
  #stretched = 0
  #renewing: Promise<void> | undefined
  /** Logins that were refused, one after the other. */
  #refusals = 0
  #refusal: { readonly error: ProtocolError; readonly untilMs: number } | undefined

  /** Use `login`. */
  constructor(username: string, password: LoginSource, kdc: KdcLink, options: LoginOptions) {
    this.username = username
    this.#password = password
    this.#kdc = kdc
    this.#trace = options.trace
    this.#judgeKey = options.judgeKey ?? (() => {})
    this.#now = options.now ?? (() => performance.now())
    this.#reloginPace = new ReloginPace(this.#now)
    const { state = memoryStateStore(), onNotice = () => {} } = options
    this.mailbox = new MailboxHandle(this, state, onNotice)
    this.groups = new Groups(this.mailbox)
  }

  /** The session token. */
  get token(): Secret {
    return this.#current().token
  }

  /**
   * OPAQUE's export_key (RFC 9807 §10.4), 64 bytes: what only somebody with the password can make, with the KDC's help, for
   * sealing what is kept on this machine. It stays the same until the password is set anew.
   */
  get exportKey(): Secret {
    return this.#current().exportKey
  }

  /** The KDC's public key, 32 bytes in base64url: who it is, whatever its address. */
  get kdcKey(): string {
    return this.#current().kdcKey
  }

  /** When the session ends, in Unix seconds by the KDC's clock. */
  get expiresAt(): number {
    return this.#current().expiresAt
  }

  /** The KDC's clock, as its last answer told it: what tickets are judged by. */
  get clock(): Clock {
    return this.#kdc.clock
  }

  /**
   * Logs in again: a new session with a new token. While one login is under way, another is the same.
   *
   * @param claim - the error that says that this session is over, if that is why. Without the KDC's seal it is doubted when it comes again
   *   and again: then it is thrown, and nothing else happens.
   */
  renew(claim?: unknown): Promise<void> {
    this.#renewing ??= this.#renewFor(claim).finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renewFor(claim: unknown): Promise<void> {
    if (!(claim instanceof UnsealedAnswer)) return this.#renew()
    const { token } = this
    if (!this.#reloginPace.isWorthLogin(this.#kdc.isProven(token))) throw claim
    const before = this.#stretched
    try {
      await this.#renew()
    } finally {
      if (this.#stretched > before) this.#reloginPace.note()
    }
    // Where that was forged the session is still there, and the KDC would go on making tickets for it.
    await this.#endSession(token).catch(() => {})
  }

  #endSession(token: Secret): Promise<unknown> {
    return this.#kdc.sealed('/sessions/end', { session: toHex(sessionId(token)) }, this.token)
  }

  async #renew(): Promise<void> {
    try {
      const given = typeof this.#password === 'string' ? this.#password : await this.#password()
      if (typeof given !== 'string') await this.#judgeKey(judgeGiven(given).kdcKey, true)
      this.#login = typeof given === 'string' ? await this.#logIn(given) : given
      this.#refusals = 0
      this.#refusal = undefined
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'login_refused') {
        this.#refusal = { error, untilMs: this.#now() + backoffMs(++this.#refusals, REFUSED) }
      }
      throw error
    }
  }

  async #logIn(password: string): Promise<Login> {
    const { username } = this
    const { request, state } = await startLogin(password)
    const begun = readStartReply(await this.#kdc.plain('/login/start', { username, request }))
    const { finish, token, exportKey, kdcKey } = await finishLogin(username, password, state, begun.response)
    this.#stretched++
    await this.#judgeKey(kdcKey, true)
    const reply = await this.#kdc.plain('/login/finish', { username, state: begun.state, finish })
    return { token, exportKey, kdcKey, expiresAt: readFinishReply(reply) }
  }

  /**
   * Sends a message to one other: directly, if the receiver can be reached, or else by way of the KDC, which cannot read it and keeps it for
   * seven days.
   *
   * @param message - text is sent as UTF-8, bytes as they are; at most 1 MiB.
   * @returns which way, once the receiver has acknowledged it, or the KDC has it.
   * @throws ProtocolError `receiver_unknown`, `receiver_offline`, `message_too_large`, `invalid_name`, `member_unverified`; TransportError
   *   `peer_unreachable`, `peer_silent`, `quota_exceeded`, `kdc_unreachable`: it was not sent. TransportError `outcome_unknown`: it may or may not
   *   have arrived; one that was to be stored is kept, and sent again with whatever uses the mailbox next. The reason of `signal`; TypeError.
   * @example const { route } = await alice.send('bob', 'hi')
   */
  async send(receiver: string, message: string | Uint8Array, options: SendOptions = {}): Promise<SendResult> {
    judgeArgument('send: receiver', receiver, 'string')
    judgeMessage('send', message)
    judgeOptions('send', options, SEND_OPTIONS)
    return sendMessage(this, this.mailbox, parseUsername(receiver), message, options)
  }

  /**
   * Sends a file or a directory to one other: directly, if the receiver can be reached and takes files, or else, up to 268 MB and no
   * directory, by way of the KDC. What was cut goes on from there when it is sent again.
   *
   * @param file - a path, or where else it comes from.
   * @returns which way, once the receiver has saved it, or the KDC has it.
   * @throws FileError `file_not_readable`; ProtocolError `file_changed`, `file_refused`, `files_not_taken`, `file_too_large`,
   *   `transfer_too_large`, and as `send`.
   * @example await alice.sendFile('bob', 'report.pdf', { onProgress: ({ bytes, size }) => … })
   */
  async sendFile(receiver: string, file: PathOrSource, options: SendFileOptions = {}): Promise<SendResult> {
    judgeArgument('sendFile: receiver', receiver, 'string')
    judgeOptions('sendFile', options, { ...SEND_OPTIONS, onProgress: 'function' })
    const name = parseUsername(receiver)
    options.signal?.throwIfAborted()
    return sendFile(this, this.mailbox, name, await sourceFrom('sendFile: file', file), options)
  }

  /**
   * All that others send, directly and by way of the KDC, in groups too: what was stored first, and of each sender in the order in which it was
   * sent. A message is acknowledged when the next one is asked for: to its sender, or here, so that it does not come again. One that was
   * not, because the program ended or left the loop, comes again if it was stored; if it was sent directly, its sender hears so.
   *
   * Meanwhile this principal can be reached. One loop at a time; it ends with the session, too.
   *
   * @throws ProtocolError `kdc_key_changed`; StateError `state_damaged`, `state_locked`; as `listen`. What may be better after a while is
   *   tried again, and told to `onChange`. TypeError.
   * @example for await (const { from, text } of alice.messages({ signal })) console.log(`${from}: ${text}`)
   */
  messages(options: MessagesOptions = {}): AsyncGenerator<ReceivedMessage, void, undefined> {
    judgeArgument('messages: options', options, 'object')
    const { listen } = options
    judgeOptions('messages', options, {
      signal: 'signal',
      listen: listen === false ? 'boolean' : 'object',
      maxFileBytes: 'count',
      onChange: 'function',
    })
    if (listen) {
      judgeOptions('messages: options.listen', listen, PLACE_OPTIONS)
    }
    return this.#messages(options)
  }

  async *#messages(options: MessagesOptions): AsyncGenerator<ReceivedMessage, void, undefined> {
    if (this.#isReceiving) throw new TypeError('messages: they are received already, by another loop')
    this.#isReceiving = true
    try {
      yield* receiveMessages(this, this.mailbox, options, this.#closed.signal)
    } finally {
      this.#isReceiving = false
    }
  }

  /**
   * The last stored messages to and from one other, the oldest first; also those that were shown. What went directly is not kept.
   *
   * @param options.limit - how many at most. Default: 100.
   * @throws ProtocolError `invalid_name`; as `MailboxHandle.use`; the reason of `signal`; TypeError.
   */
  async history(
    username: string,
    options: WaitOptions & { readonly limit?: number | undefined } = {},
  ): Promise<MailMessage[]> {
    judgeArgument('history: username', username, 'string')
    judgeOptions('history', options, { signal: 'signal', limit: 'count' })
    const of: Conversation = { with: parseUsername(username) }
    const reading = this.mailbox.use(async (mailbox) => {
      await mailbox.sync()
      return mailbox.history(of, options.limit)
    })
    return untilAborted(reading, options.signal)
  }

  /**
   * Asks the KDC for a receiver: where it is, a fresh secret, and a ticket.
   *
   * @throws ProtocolError `receiver_unknown`, `receiver_offline`, `token_unknown`, `token_expired`, `invalid_name`;
   *   TransportError `peer_unreachable` for a place where no receiver can be; TransportError and CodecError as `login`.
   */
  async userinfo(receiver: string): Promise<UserinfoAnswer> {
    const ask = (name: string) => this.#sealed('/userinfo', { receiver: name })
    return requestTicket(parseUsername(receiver), ask, this.#kdc.place)
  }

  /**
   * Opens a channel: asks for the receiver, dials, and has both sides prove themselves.
   *
   * @throws as `userinfo` and the library's `connect`.
   */
  async connect(
    receiver: string,
    options: Partial<Omit<ConnectOptions, 'ticket' | 'secret' | 'receiver' | 'username'>> = {},
  ): Promise<Channel> {
    judgeArgument('connect: receiver', receiver, 'string')
    judgeOptions('connect', options, CONNECT_OPTIONS)
    const { signal } = options
    signal?.throwIfAborted()
    const { address: host, port, ticket, secret } = await untilAborted(this.userinfo(receiver), signal)
    const common = { receiver: parseUsername(receiver), username: this.username, trace: this.#trace }
    return connect({ host, port, ticket, secret, ...common, ...options })
  }

  /**
   * Becomes reachable: listens, tells the KDC where, and keeps telling it.
   *
   * @throws TransportError `port_unavailable`; ProtocolError `listener_unreachable`, when the KDC would send others where we do not listen:
   *   the session is over then; and as `announce`.
   */
  async listen(options: PresenceOptions): Promise<Presence> {
    judgeOptions('listen', options, LISTEN_OPTIONS)
    judgeArgument('listen: options.onChannel', options.onChannel, 'function')
    return Presence.start(this, { trace: this.#trace, ...options })
  }

  /**
   * Tells the KDC that this session, and no other that takes its place, accepts channels at `port`.
   *
   * @throws ProtocolError `token_unknown`, `token_expired`; TransportError and CodecError as `login`.
   */
  async announce(port: number): Promise<ListenAnswer> {
    return readListenReply(await this.#kdc.sealed('/listen', { port }, this.token))
  }

  /**
   * Sets another password, within five minutes of the login. The KDC never sees it; the principal's other sessions are over.
   *
   * When no answer comes that the KDC has sealed, it is found out by logging in which password holds.
   *
   * @throws ProtocolError `login_stale`, `kdc_key_changed`, `token_unknown`, `token_expired`; TransportError and CodecError
   *   as `login`; what `onNewExportKey` throws: the password is the one before. TransportError `outcome_unknown`: either may hold.
   */
  async changePassword(password: string, options: ChangePasswordOptions = {}): Promise<void> {
    judgeArgument('changePassword: password', password, 'string')
    judgeOptions('changePassword', options, { onNewExportKey: 'function' })
    const { request, state } = await startRegistration(password)
    const reply = await this.#sealed('/password/start', { request })
    const { response } = readRegistrationReply(reply, '/password/start')
    const finished = await finishRegistration(this.username, password, state, response)
    const { record, exportKey, kdcKey } = finished
    await this.#judgeKey(kdcKey, false)
    try {
      await options.onNewExportKey?.(exportKey)
      const before = this.#current()
      const found = await this.#putRecord(record, password)
      this.#login = found ?? { ...before, exportKey }
      this.#password = password
      before.exportKey.wipe()
      if (found) exportKey.wipe()
    } catch (error) {
      exportKey.wipe()
      throw error
    }
  }

  /** @returns the login by which it was found out that the new password holds; nothing when the KDC has said so. */
  async #putRecord(record: string, password: string): Promise<Login | undefined> {
    const { token } = this
    const request = { id: newRequestId(), record }
    try {
      await this.#kdc.sealed('/password/finish', request, token)
      return undefined
    } catch (error) {
      // Judged under seal.
      if (!(error instanceof TransportError)) throw error
    }
    try {
      await this.#kdc.sealed('/password/finish', request, token)
      return undefined
    } catch (error) {
      return this.#findPassword(token, password, error as Error)
    }
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
        if (!(error instanceof ProtocolError && error.code === 'login_refused')) throw error
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

  /**
   * The sessions of this principal, the oldest first.
   *
   * @throws as `announce`.
   */
  async sessions(): Promise<SessionInfo[]> {
    return readSessionsReply(await this.#sealed('/sessions', {}))
  }

  /**
   * Ends sessions of this principal: the KDC takes their tokens no more, and makes no tickets for them. Tickets that were made before are
   * good until the receiver of that session has heard of it: at once if it waits for mail, as our receivers do, or with its next refresh; at
   * most until they expire. Channels that are open stay open.
   *
   * @param id - of the one to end. Default: all but this one.
   * @returns how many there were.
   * @throws as `announce`.
   */
  async endSessions(id?: string): Promise<number> {
    return readEndReply(await this.#sealed('/sessions/end', id === undefined ? {} : { session: id }))
  }

  /**
   * Asks the KDC something under seal: for what builds on a session, such as a mailbox.
   *
   * @returns the answer's JSON, not yet judged.
   * @throws the error that a problem stands for; TransportError and CodecError as `login`.
   */
  request(path: string, body: Record<string, unknown>): Promise<unknown> {
    return this.#sealed(path, body)
  }

  /**
   * The same, for an answer that is a stream of events: their ids, until `signal` ends it. An attacker on the way could have sent one: it is
   * a hint that there may be something to ask for.
   */
  async *events(path: string, body: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<string> {
    for (let tries = 1; ; tries++) {
      try {
        return yield* this.#eventsOnce(path, body, signal)
      } catch (error) {
        if (!(error instanceof AnsweredBefore) || tries === MAX_ASKED) throw error
      }
    }
  }

  async *#eventsOnce(
    path: string,
    body: Record<string, unknown>,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { token } = this
    try {
      return yield* this.#kdc.events(path, body, token, signal)
    } catch (error) {
      if (!isSessionOver(error)) throw error
      await this.#renewAfter(token, error)
    }
    yield* this.#kdc.events(path, body, this.token, signal)
  }

  /** Ends the session at the KDC and lets go of the connection to it. */
  async logout(): Promise<void> {
    try {
      await this.#kdc.sealed('/logout', {}, this.token)
    } finally {
      await this.close()
    }
  }

  /** Logs out, unless that was done, for `await using`. When the KDC cannot be asked, the session ends there by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#login) return
    await this.logout().catch((error: unknown) => {
      if (!(error instanceof SymbolonError)) throw error
    })
  }

  /** Lets go of the connection to the KDC and of the state; the session lives on there until it expires. */
  async close(): Promise<void> {
    this.#closed.abort()
    this.#login?.token.wipe()
    this.#login?.exportKey.wipe()
    this.#login = undefined
    await this.#kdc.close()
    await this.mailbox.close()
  }

  /** An attacker on the way can send a copy of a request first, and take the answer: what has no id of its own is asked anew. */
  async #sealed(path: string, body: Record<string, unknown>): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#sealedOnce(path, body)
      } catch (error) {
        if (!(error instanceof AnsweredBefore) || body.id !== undefined || tries === MAX_ASKED) throw error
      }
    }
  }

  async #sealedOnce(path: string, body: Record<string, unknown>): Promise<unknown> {
    const { token } = this
    // The KDC knows it by its id and principal, whatever the session: it is done once.
    const request = { id: newRequestId(), ...body }
    try {
      return await this.#kdc.sealed(path, request, token)
    } catch (error) {
      if (!isSessionOver(error)) throw error
      await this.#renewAfter(token, error)
    }
    return this.#kdc.sealed(path, request, this.token)
  }

  /**
   * A fresh login, once this session was said to be over; unless another request has had one since. If it fails, the session stays:
   * what was said may not be so.
   *
   * @param claim - what says so.
   * @throws TransportError, `claim` among them when it is doubted; ProtocolError `login_refused`, `kdc_key_changed`.
   */
  async #renewAfter(token: Secret, claim: SymbolonError): Promise<void> {
    if (this.token !== token) return
    if (this.#refusal && this.#now() < this.#refusal.untilMs) throw this.#refusal.error
    try {
      await this.renew(claim)
    } catch (error) {
      if (!(error instanceof SymbolonError) || error instanceof TransportError) throw error
      if (OF_THE_LOGIN.includes(error.code)) throw error
      throw new TransportError('kdc_failed', `logging in again failed: ${error.message}`, { cause: error })
    }
  }

  #current() {
    if (!this.#login) throw new ProtocolError('token_expired', 'this session was logged out')
    return this.#login
  }
}
