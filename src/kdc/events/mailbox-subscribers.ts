/**
 * Those who wait for mail at this node, and what wakes them: what is sent here, and, as other nodes may share the store, a look
 * into it now and then, one for all of them. docs/protocol.md §7.3.
 *
 * @module
 */
import { equal, toHex } from '../../lib/bytes.ts'
import { Problem } from '../problems.ts'
import type { RequestKey } from '../store/requests.ts'
import type { StoredSession } from '../store/sessions.ts'
import { cutoff, isOver, noteUse, type SessionSettings } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { EventStream } from './event-stream.ts'

/** How often the store is looked into for what others have put there. */
export const LOOK_MS = 2000
/** How often those who wait hear that the KDC is alive. */
export const BEAT_MS = 15_000
/** How many streams a principal has at a node: the oldest gives way. */
export const MAX_STREAMS = 8
/** A session that waits counts as online for so long without being heard of: the node may be gone. */
const ONLINE_SEC = 90
/** Written down again when so much of it is left. */
const RENEW_SEC = 45

/** Calls a function again and again. @returns what ends that. */
export type Every = (ms: number, run: () => void) => () => void

const everyByTimer: Every = (ms, run) => {
  const timer = setInterval(run, ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** What of a KDC is needed here: context.ts says more of each. */
export interface SubscribersKdc extends SessionSettings {
  readonly store: Pick<Store, 'mailbox' | 'online' | 'requests' | 'sessions'>
  readonly log: { warn(fields: object, event: string): void }
  readonly isDraining: () => boolean
}

interface Subscriber {
  readonly session: StoredSession
  readonly stream: EventStream
  onlineUntil: number
}

export class MailboxSubscribers {
  readonly #kdc: SubscribersKdc
  readonly #every: Every
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  #stopTimers: (() => void) | undefined
  /** Everything up to this position was told to those whom it reaches. */
  #seen: number | undefined
  #looking: 'no' | 'yes' | 'again' = 'no'
  #closed = false

  constructor(kdc: SubscribersKdc, every: Every = everyByTimer) {
    this.#kdc = kdc
    this.#every = every
  }

  get size(): number {
    let size = 0
    for (const subscribers of this.#subscribers.values()) size += subscribers.size
    return size
  }

  /**
   * Opens a stream that tells when there is something for a session's principal.
   *
   * @param key - the request's: sent again it is refused, also when its stream has ended. An attacker who recorded it would show its sender
   *   online, and keep the session from being idle.
   * @param after - what is at this position or before is known.
   * @param gone - aborts when the subscriber is gone.
   * @throws Problem `request_refused`.
   */
  async open(
    session: StoredSession,
    key: RequestKey,
    after: number,
    gone: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const { username } = session
    const { store } = this.#kdc
    if (!(await store.requests.accept(key))) {
      throw new Problem('request_refused', 'this request was answered already: ask with another id')
    }
    const others = this.#subscribers.get(username) ?? new Set()
    const subscriber: Subscriber = {
      session,
      stream: new EventStream(() => this.#left(subscriber)),
      onlineUntil: 0,
    }
    this.#subscribers.set(username, others.add(subscriber))
    if (others.size > MAX_STREAMS) [...others][0]?.stream.end()
    this.#stopTimers ??= this.#startTimers()
    try {
      // In this order: what comes after the first look is found by the next, what came before by the second.
      const position = await store.mailbox.lastPosition()
      this.#seen ??= position
      if (await store.mailbox.hasMail(username, after)) subscriber.stream.mail(position)
      await this.#noteOnline(subscriber)
    } catch (error) {
      subscriber.stream.end()
      throw error
    }
    // Gone meanwhile: what was just written down is not so any more.
    if (!this.#has(subscriber)) this.#noteGone(subscriber)
    gone.addEventListener('abort', () => subscriber.stream.end(), { once: true })
    if (this.#closed || gone.aborted) subscriber.stream.end()
    return subscriber.stream.body
  }

  /** Something was stored, or sessions were ended: the principals whom it reaches hear of it soon. */
  notify(): void {
    if (this.#subscribers.size > 0) void this.#look()
  }

  close(): void {
    this.#closed = true
    this.#endAll()
  }

  #startTimers(): () => void {
    const stops = [
      this.#every(LOOK_MS, () => void this.#look()),
      this.#every(BEAT_MS, () => void this.#beat()),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  // However many were stored meanwhile, there is one look at a time, and one more after it.
  async #look(): Promise<void> {
    if (this.#looking !== 'no') {
      this.#looking = 'again'
      return
    }
    do {
      this.#looking = 'yes'
      try {
        await this.#wake()
      } catch (error) {
        this.#kdc.log.warn({ err: error }, 'store_unavailable')
      }
    } while ((this.#looking as string) === 'again')
    this.#looking = 'no'
  }

  async #wake(): Promise<void> {
    if (this.#kdc.isDraining()) this.#endAll()
    await this.#endOver()
    const seen = this.#seen
    if (seen === undefined) return
    const { mailbox } = this.#kdc.store
    const position = await mailbox.lastPosition()
    if (position <= seen) return
    for (const username of await mailbox.reached(seen)) {
      for (const { stream } of this.#subscribers.get(username) ?? []) stream.mail(position)
    }
    if (this.#subscribers.size > 0) this.#seen = position
  }

  /** Ends the streams of sessions that were ended: by their ends these learn that the tickets for them are void. */
  async #endOver(): Promise<void> {
    const { store } = this.#kdc
    const waiting = new Set((await store.online.waiting()).map(toHex))
    for (const { session, stream } of this.#all()) {
      // Not noted yet, perhaps, or not any more.
      if (!waiting.has(toHex(session.sid)) && !(await store.sessions.find(session.sid))) stream.end()
    }
  }

  async #beat(): Promise<void> {
    for (const subscriber of this.#all()) {
      try {
        const session = await this.#kdc.store.sessions.find(subscriber.session.sid)
        if (!session || isOver(session, cutoff(this.#kdc))) {
          subscriber.stream.end()
          continue
        }
        subscriber.stream.beat()
        // Who waits uses its session.
        await noteUse(this.#kdc, session)
        await this.#noteOnline(subscriber)
      } catch (error) {
        this.#kdc.log.warn({ err: error }, 'store_unavailable')
      }
    }
  }

  async #noteOnline(subscriber: Subscriber): Promise<void> {
    const now = this.#kdc.clock()
    if (subscriber.onlineUntil - now > RENEW_SEC || !this.#has(subscriber)) return
    subscriber.onlineUntil = now + ONLINE_SEC
    await this.#kdc.store.online.wait(subscriber.session.sid, subscriber.onlineUntil)
  }

  #left(subscriber: Subscriber): void {
    const { username } = subscriber.session
    const others = this.#subscribers.get(username)
    if (!others?.delete(subscriber)) return
    this.#noteGone(subscriber)
    if (others.size > 0) return
    this.#subscribers.delete(username)
    if (this.#subscribers.size > 0) return
    this.#stopTimers?.()
    this.#stopTimers = undefined
    this.#seen = undefined
  }

  // Unless its session waits in another stream. If it cannot be written down it comes to the same, a little later.
  #noteGone({ session: { username, sid } }: Subscriber): void {
    const others = [...(this.#subscribers.get(username) ?? [])]
    if (others.some((other) => equal(other.session.sid, sid))) return
    this.#kdc.store.online.leave(sid).catch(() => {})
  }

  #has(subscriber: Subscriber): boolean {
    return this.#subscribers.get(subscriber.session.username)?.has(subscriber) ?? false
  }

  #all(): Subscriber[] {
    return [...this.#subscribers.values()].flatMap((subscribers) => [...subscribers])
  }

  #endAll(): void {
    for (const { stream } of this.#all()) stream.end()
  }
}
