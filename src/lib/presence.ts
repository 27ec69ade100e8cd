/** Being reachable: a listener, and a KDC that knows of it, through restarts of the KDC and ends of the session. */
import { untilAborted } from './abort.ts'
import { type Listener, type ListenOptions, listen } from './channel/listen.ts'
import type { Clock } from './clock.ts'
import type { Secret } from './crypto/secret.ts'
import { ProtocolError } from './errors.ts'
import { LEASE_SEC } from './fields.ts'
import type { ListenAnswer, OtherReceiver } from './kdc-link/answers.ts'
import { isSessionOver } from './kdc-link/exchange.ts'
import { endpointText, isLoopback, isReachedAt } from './network/address.ts'
import { backoffMs } from './pacing/backoff.ts'

/** How often the KDC is told that we still listen; also the longest that a forgotten session goes unnoticed. */
const REFRESH_INTERVAL_MS = 15_000
/** After so many refreshes of which the KDC has heard none, others are not sent to us any more. */
const MISSED_REFRESHES = 4
/** Nor sooner than this after the last one. */
const MIN_LEASE_SEC = 60
const MAX_REFRESH_INTERVAL_MS = (1000 * LEASE_SEC.most) / MISSED_REFRESHES
/** After a refused login: a receiver with an old password must not use up the tries of its owner. An attacker on the way can refuse one, too. */
const REFUSED_MOST_MS = 300_000

/** What a receiver says of itself, besides where it is. */
export interface Announcement {
  /** For how long others are sent to it, unless it says so again, in seconds. */
  readonly leaseSec?: number | undefined
  /** When it began: Unix seconds by the KDC's clock. */
  readonly since?: number | undefined
}

/** What a presence needs of a session. */
export interface PresentSession {
  readonly username: string
  readonly token: Secret
  readonly clock: Clock
  /** @returns our address as the KDC saw it, which it tells others, and who else is there. */
  announce(
    port: number,
    announcement: Announcement,
  ): Promise<Pick<ListenAnswer, 'address' | 'time' | 'chosen' | 'others'>>
  /** @param claim - the error that says that the session is over: thrown when it is doubted. */
  renew(claim: unknown): Promise<void>
  logout(): Promise<void>
}

type Answer = Awaited<ReturnType<PresentSession['announce']>>

/** What a refresh found out, when it is something new. */
export type PresenceChange =
  /** The KDC had forgotten the session, or it had expired: there is a new one. */
  | { readonly state: 'renewed' }
  /**
   * The KDC does not answer, or not as it should; channels go on, and the next refresh tries again. An attacker on the way
   * can forge a refusal, so none of these is final.
   */
  | { readonly state: 'lost'; readonly error: Error }
  /** The KDC answers again. */
  | { readonly state: 'back' }
  /** Others are sent to another receiver of the same principal, which began later; channels go on. */
  | {
      readonly state: 'superseded'
      /** Where they are sent. */
      readonly by: OtherReceiver
      /** How many other receivers there are. */
      readonly others: number
    }
  /** Others are sent here again: the receivers that began later have ended. */
  | { readonly state: 'reached' }
  /** Another KDC answers, and has proved that it is another: no new sender can reach us. */
  | { readonly state: 'refused'; readonly error: ProtocolError }

/** How to be reachable: as `ListenOptions`, and how to keep the KDC informed. */
export interface PresenceOptions extends Omit<ListenOptions, 'username' | 'token' | 'clock'> {
  /** Hears what a refresh has found out, when it is something new. */
  readonly onChange?: (change: PresenceChange) => void
  /**
   * How often the KDC is told, in milliseconds; more than 900,000 is taken for that. Default: 15,000. After four times this without a word, and
   * not before 60 s, we are away for the KDC.
   */
  readonly refreshIntervalMs?: number
  /**
   * Whether an IP address is one of this machine's: then others who are sent there must find the listener at that very address. Default:
   * the loopback addresses are.
   */
  readonly isOfThisMachine?: (address: string) => boolean
}

/** A principal that can be reached. `Session.listen` makes one. */
export class Presence {
  readonly #session: PresentSession
  readonly #listener: Listener
  readonly #options: PresenceOptions
  #published = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #refreshing: Promise<void> | undefined
  /** What tickets are judged by: the session may have got another since, for another request. */
  #token: Secret
  /** When we began, by the KDC's clock: it stays when there is a new session. */
  #since: number
  /** Whether others are sent here, as far as was told. */
  #isReached = true
  #isRenewed = false
  #lost = false
  #closed = false
  /** How often a login was refused, one after the other. */
  #refusals = 0

  private constructor(session: PresentSession, listener: Listener, options: PresenceOptions) {
    this.#session = session
    this.#listener = listener
    this.#options = options
    this.#token = session.token
    this.#since = session.clock()
  }

  /**
   * Listens first and tells the KDC afterwards, so that no sender is sent to a closed port. Where the KDC would send others is known
   * from its answer: if that is elsewhere the session is ended, so that no sender is sent there.
   *
   * @internal Use `Session.listen`.
   */
  static async start(session: PresentSession, options: PresenceOptions): Promise<Presence> {
    const { username, token, clock } = session
    const listener = await listen({ ...options, username, token, clock })
    const presence = new Presence(session, listener, options)
    try {
      await untilAborted(() => presence.#begin(), options.signal)
    } catch (error) {
      presence.#closed = true
      await listener.close()
      const isElsewhere = error instanceof ProtocolError && error.code === 'listener_unreachable'
      if (isElsewhere) await session.logout().catch(() => {})
      throw error
    }
    presence.#isRenewed = false
    presence.#refreshLater()
    return presence
  }

  /** Where it listens. */
  get address() {
    return this.#listener.address
  }

  /** Where the KDC sends others to: our address as it saw it. */
  get published(): { readonly address: string; readonly port: number } {
    return { address: this.#published, port: this.#listener.address.port }
  }

  /** The channels that are open. */
  get channels() {
    return this.#listener.channels
  }

  /**
   * Tells the KDC that we still listen, and logs in again if it has forgotten us. Does not reject: see `onChange`. While
   * one refresh is under way, another is the same.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /**
   * The session may have ended, as a stream of events has: refreshes now. It is a hint, which an attacker on the way can forge, and no
   * reason to try a password again that was refused.
   */
  hint(): void {
    if (!this.#closed && this.#refusals === 0) void this.refresh()
  }

  async #refresh(): Promise<void> {
    try {
      const answer = await this.#announce()
      if (this.#lost) this.#options.onChange?.({ state: 'back' })
      this.#lost = false
      this.#refusals = 0
      // What ended our session has mostly ended the others' too: who is reached shows when they have logged in, too.
      if (this.#isRenewed) this.#options.onChange?.({ state: 'renewed' })
      else this.#tellWhoIsReached(answer)
      this.#isRenewed = false
    } catch (error) {
      this.#onFailure(error as Error)
    }
  }

  /**
   * Stops listening, ends every channel in good order, and logs out.
   *
   * @param options.logout - whether the session ends too. Otherwise the KDC sends others here for up to a minute, in vain. Default: true.
   */
  async close({ logout = true }: { readonly logout?: boolean } = {}): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#listener.close()
    // The KDC may be away; the session then ends by itself.
    if (logout) await this.#session.logout().catch(() => {})
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Of several receivers the one that began last is reached: it is we, whatever our clock has said. */
  async #begin(): Promise<void> {
    const said = this.#since
    const { time, others = [] } = await this.#announce()
    this.#since = Math.max(time, ...others.map(({ since }) => since + 1))
    // At once: one that begins in the same second has to know whom it follows.
    if (this.#since !== said) await this.#announce()
  }

  async #announce(): Promise<Answer> {
    this.#takeToken()
    try {
      return await this.#publish()
    } catch (error) {
      // Nor after the end: a new session would lead others to a closed port.
      if (this.#closed || !isSessionOver(error)) throw error
      // Unless another request has had a fresh login since.
      if (this.#session.token === this.#token) await this.#session.renew(error)
      if (this.#closed) throw error
    }
    this.#takeToken()
    return this.#publish()
  }

  #takeToken(): void {
    const { token } = this.#session
    if (token === this.#token) return
    this.#listener.setToken(token)
    this.#token = token
    this.#isRenewed = true
  }

  /** @throws ProtocolError `listener_unreachable` when others would look for us where we do not listen. */
  async #publish(): Promise<Answer> {
    const { address: bound, port } = this.#listener.address
    const answer = await this.#session.announce(port, { leaseSec: this.#leaseSec, since: this.#since })
    const { address } = answer
    this.#published = address
    if (isReachedAt(bound, address, this.#options.isOfThisMachine ?? isLoopback)) return answer
    const [here, there] = [endpointText(bound, port), endpointText(address, port)]
    throw new ProtocolError(
      'listener_unreachable',
      `listening on ${here}, but the KDC sends others to ${there}`,
    )
  }

  #tellWhoIsReached({ chosen, others: [by, ...rest] = [] }: Answer): void {
    // A KDC may not say it; and not to be reached without another in our place is nothing that lasts.
    if (chosen === undefined || chosen === this.#isReached || !(chosen || by)) return
    this.#isReached = chosen
    if (chosen) this.#options.onChange?.({ state: 'reached' })
    else if (by) this.#options.onChange?.({ state: 'superseded', by, others: rest.length + 1 })
  }

  #onFailure(error: Error): void {
    if (this.#closed) return
    if (error instanceof ProtocolError && error.code === 'kdc_key_changed') {
      this.#closed = true
      this.#options.onChange?.({ state: 'refused', error })
      return
    }
    const isRefused = error instanceof ProtocolError && error.code === 'login_refused'
    this.#refusals = isRefused ? this.#refusals + 1 : 0
    if (!this.#lost) this.#options.onChange?.({ state: 'lost', error })
    this.#lost = true
  }

  get #intervalMs(): number {
    return Math.min(this.#options.refreshIntervalMs ?? REFRESH_INTERVAL_MS, MAX_REFRESH_INTERVAL_MS)
  }

  get #leaseSec(): number {
    return Math.max(MIN_LEASE_SEC, Math.ceil((MISSED_REFRESHES * this.#intervalMs) / 1000))
  }

  #refreshLater(): void {
    const intervalMs = this.#intervalMs
    const backoff = { firstMs: 2 * intervalMs, mostMs: Math.max(intervalMs, REFUSED_MOST_MS) }
    this.#timer = setTimeout(
      async () => {
        await this.refresh()
        if (!this.#closed) this.#refreshLater()
      },
      // Up to a tenth earlier, so that a thousand receivers do not ask in step after the KDC was away.
      this.#refusals > 0 ? backoffMs(this.#refusals, backoff) : intervalMs * (1 - Math.random() / 10),
    )
  }
}
