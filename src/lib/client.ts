/**
 * A principal's side of everything: log in, open channels to others, be reachable.
 *
 * @module
 */
import { isLoopback } from './address.ts'
import {
  type ListenAnswer,
  type LoginAnswer,
  readListenReply,
  readLoginReply,
  readProblem,
  readUserinfoReply,
  type UserinfoAnswer,
} from './answers.ts'
import type { Channel } from './channel.ts'
import { type Clock, systemClock } from './clock.ts'
import { type ConnectOptions, connect } from './connect.ts'
import { ProtocolError } from './errors.ts'
import { type HttpLink, httpLink } from './http.ts'
import { parseUsername } from './names.ts'
import { Presence, type PresenceOptions } from './presence.ts'
import type { Secret } from './secret.ts'
import { type Trace, traceFields } from './trace.ts'

export interface LoginOptions {
  /** Send the password to a KDC beyond this machine without TLS. Only for a closed classroom network. */
  readonly allowPlaintext?: boolean
  readonly clock?: Clock
  readonly trace?: Trace | undefined
  /** How requests reach the KDC. Default: HTTP by undici. */
  readonly link?: HttpLink
}

/** A password, or where to get it: asked again for every login, so that a changed one is found. */
export type PasswordSource = string | (() => string | Promise<string>)

// What a trace calls the answer to each request.
const ANSWERS: Record<string, string> = {
  '/login': 'token',
  '/userinfo': 'answer',
  '/listen': 'listening',
  '/logout': 'logged-out',
}

/**
 * Logs in.
 *
 * @param kdc - the KDC's URL, such as `http://127.0.0.1:8800`.
 * @throws ProtocolError `login_refused`, `invalid_name`, `plaintext_refused`, `request_refused`; TransportError
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
  password: PasswordSource,
  options: LoginOptions = {},
): Promise<Session> {
  const origin = kdcOrigin(kdc, options.allowPlaintext ?? false)
  const name = parseUsername(username)
  const link = options.link ?? (await httpLink(origin))
  const session = new Session(name, password, link, options)
  try {
    await session.renew()
  } catch (error) {
    await link.close()
    throw error
  }
  return session
}

/** One login of one principal. It lasts until `expiresAt`, `logout`, or the KDC ends it. */
export class Session {
  readonly username: string
  readonly #password: PasswordSource
  readonly #link: HttpLink
  readonly #clock: Clock
  readonly #trace: Trace | undefined
  #offset = 0
  #login: LoginAnswer | undefined

  /** Use `login`. */
  constructor(username: string, password: PasswordSource, link: HttpLink, options: LoginOptions) {
    this.username = username
    this.#password = password
    this.#link = link
    this.#clock = options.clock ?? systemClock
    this.#trace = options.trace
  }

  /** The session token. */
  get token(): Secret {
    return this.#current().token
  }

  /** When the session ends, in Unix seconds by the KDC's clock. */
  get expiresAt(): number {
    return this.#current().expiresAt
  }

  /** The KDC's clock, as its last answer told it: what tickets are judged by. */
  readonly clock: Clock = () => this.#clock() + this.#offset

  /** Logs in again: a new session with a new token, after the KDC has forgotten the old one. */
  async renew(): Promise<void> {
    const password = typeof this.#password === 'string' ? this.#password : await this.#password()
    const answer = readLoginReply(await this.#post('/login', { username: this.username, password }))
    this.#keepTime(answer.time)
    this.#login = answer
  }

  /**
   * Asks the KDC for a receiver: where it is, a fresh secret, and a ticket.
   *
   * @throws ProtocolError `receiver_unknown`, `receiver_offline`, `token_unknown`, `token_expired`, `invalid_name`;
   *   TransportError and CodecError as `login`.
   */
  async userinfo(receiver: string): Promise<UserinfoAnswer> {
    const answer = readUserinfoReply(
      await this.#post('/userinfo', { ...this.#identity(), receiver: parseUsername(receiver) }),
    )
    this.#keepTime(answer.time)
    return answer
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
    const { address: host, port, ticket, secret } = await this.userinfo(receiver)
    const common = { receiver: parseUsername(receiver), username: this.username, trace: this.#trace }
    return connect({ host, port, ticket, secret, ...common, ...options })
  }

  /**
   * Becomes reachable: listens, tells the KDC where, and keeps telling it.
   *
   * @throws TransportError `port_unavailable`, and as `announce`.
   */
  listen(options: PresenceOptions): Promise<Presence> {
    return Presence.start(this, { trace: this.#trace, ...options })
  }

  /**
   * Tells the KDC that this session accepts channels at `port`.
   *
   * @throws ProtocolError `token_unknown`, `token_expired`; TransportError and CodecError as `login`.
   */
  async announce(port: number): Promise<ListenAnswer> {
    const answer = readListenReply(await this.#post('/listen', { ...this.#identity(), port }))
    this.#keepTime(answer.time)
    return answer
  }

  /** Ends the session at the KDC and lets go of the connection to it. */
  async logout(): Promise<void> {
    try {
      await this.#post('/logout', this.#identity())
    } finally {
      await this.close()
    }
  }

  /** Lets go of the connection to the KDC; the session lives on there until it expires. */
  async close(): Promise<void> {
    this.#login?.token.wipe()
    this.#login = undefined
    await this.#link.close()
  }

  async #post(path: string, body: Record<string, unknown>): Promise<unknown> {
    this.#trace?.({
      name: path.slice(1),
      from: this.username,
      to: 'KDC',
      by: `POST ${path}`,
      fields: traceFields(body),
    })
    const reply = await this.#link.post(path, body)
    this.#trace?.({
      name: reply.status === 200 ? (ANSWERS[path] ?? 'answer') : 'problem',
      from: 'KDC',
      to: this.username,
      by: String(reply.status),
      fields: traceFields((reply.body ?? {}) as Record<string, unknown>),
    })
    if (reply.status !== 200) throw readProblem(reply.status, reply.body)
    return reply.body
  }

  #identity() {
    return { username: this.username, token: this.token.toText() }
  }

  #current(): LoginAnswer {
    if (!this.#login) throw new ProtocolError('token_expired', 'this session was logged out')
    return this.#login
  }

  #keepTime(kdcTime: number): void {
    this.#offset = kdcTime - this.#clock()
  }
}

function kdcOrigin(kdc: string, allowPlaintext: boolean): string {
  let url: URL
  try {
    url = new URL(kdc)
  } catch {
    throw new TypeError(`the KDC's URL: expected something like http://127.0.0.1:8800, got '${kdc}'`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`the KDC's URL: expected http: or https:, got ${url.protocol}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowPlaintext) {
    throw new ProtocolError(
      'plaintext_refused',
      `the password would cross the network to ${url.host} for everybody to read`,
    )
  }
  return url.origin
}
