/**
 * What a client says to its KDC, and what it learns of it on the way: the time. docs/protocol.md §3.6 and §3.7.
 *
 * @module
 */
import { type Clock, systemClock } from '../clock.ts'
import type { Secret } from '../crypto/secret.ts'
import { kdcOrigin } from '../network/address.ts'
import type { KdcPlace } from '../network/destination.ts'
import { type Trace, traceFields } from '../trace.ts'
import { exchangeEvents, exchangePlain, exchangeSealed, type Sealing } from './exchange.ts'
import { type HttpLink, httpLink } from './http.ts'

/** How to talk to a KDC. */
export interface KdcLinkOptions {
  /** The time, in Unix seconds, until the KDC has told its own. Default: the system's clock. */
  readonly clock?: Clock | undefined
  /** Hears of each protocol message as it passes. */
  readonly trace?: Trace | undefined
  /** How requests reach the KDC; it is closed with the session, or when none begins. Default: HTTP by undici. */
  readonly link?: HttpLink | undefined
}

// What a trace calls the answer to a request, where that is not `…-answer`.
const ANSWERS: Record<string, string> = {
  '/login/start': 'login-answer',
  '/login/finish': 'token',
  '/register/start': 'register-answer',
  '/register/finish': 'registered',
  '/password/start': 'password-answer',
  '/password/finish': 'password-changed',
  '/sessions': 'session-list',
  '/sessions/end': 'sessions-ended',
  '/userinfo': 'answer',
  '/listen': 'listening',
  '/logout': 'logged-out',
}

/** One principal's link to one KDC. */
export class KdcLink {
  /** What the requests go over. */
  readonly http: HttpLink
  readonly #host: string
  readonly #username: string
  readonly #clock: Clock
  readonly #trace: Trace | undefined
  #offset = 0
  /** Tokens with which the KDC has sealed an answer. */
  readonly #proven = new WeakSet<Secret>()

  private constructor(http: HttpLink, origin: string, username: string, options: KdcLinkOptions) {
    this.http = http
    this.#host = new URL(origin).hostname
    this.#username = username
    this.#clock = options.clock ?? systemClock
    this.#trace = options.trace
  }

  /**
   * @param kdc - the KDC's URL, such as `http://127.0.0.1:8800`.
   * @throws TypeError when `kdc` is no URL, or one with more than scheme, host and port.
   */
  static async open(kdc: string, username: string, options: KdcLinkOptions): Promise<KdcLink> {
    const origin = kdcOrigin(kdc)
    return new KdcLink(options.link ?? (await httpLink(origin)), origin, username, options)
  }

  /** Where the KDC was reached last. */
  get place(): KdcPlace {
    return this.http.place ?? { address: this.#host }
  }

  /** The KDC's clock, as its last sealed answer told it. */
  readonly clock: Clock = () => this.#clock() + this.#offset

  /** Whether an answer has come that the KDC has sealed with this token. */
  isProven(token: Secret): boolean {
    return this.#proven.has(token)
  }

  /** Posts JSON in clear, as `exchangePlain` does. */
  plain(path: string, body: Record<string, unknown>): Promise<unknown> {
    return this.#traced(path, '', body, exchangePlain(this.http, path, body))
  }

  /** Posts JSON sealed with a token, as `exchangeSealed` does. */
  sealed(path: string, body: Record<string, unknown>, token: Secret): Promise<unknown> {
    return this.#traced(path, ', sealed', body, exchangeSealed(this.http, path, body, this.#sealing(token)))
  }

  /** Asks for events with a sealed request, as `exchangeEvents` does. */
  events(
    path: string,
    body: Record<string, unknown>,
    token: Secret,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>> {
    return exchangeEvents(this.http, path, body, this.#sealing(token), signal)
  }

  /** Lets go of the connections. */
  close(): Promise<void> {
    return this.http.close()
  }

  #sealing(token: Secret): Sealing {
    const onTime = (kdcTime: number) => {
      this.#offset = kdcTime - this.#clock()
      this.#proven.add(token)
    }
    return { token, clock: this.clock, onTime }
  }

  async #traced(path: string, how: string, body: object, answer: Promise<unknown>): Promise<unknown> {
    const trace = this.#trace
    if (!trace) return answer
    const [from, to] = [this.#username, 'KDC']
    const name = path.slice(1).replace('/', '-')
    trace({ name, from, to, by: `POST ${path}${how}`, fields: traceFields(body) })
    const back = { from: to, to: from }
    try {
      const reply = await answer
      const fields = traceFields(reply as object)
      trace({ ...back, name: ANSWERS[path] ?? `${name}-answer`, by: `200${how}`, fields })
      return reply
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      trace({ ...back, name: 'problem', by: 'refused', fields: { code: code ?? 'none', detail: message } })
      throw error
    }
  }
}
