/**
 * Those who wait for mail at this node, and what wakes them: what is sent here, and, as other nodes may share the store, a look
 * into it now and then, one for all of them. docs/protocol.md §7.3.
 */
import { equal, toHex, utf8 } from '../../lib/bytes.ts'
import { Problem } from '../problems.ts'
import type { RequestKey } from '../store/requests.ts'
import type { StoredSession } from '../store/sessions.ts'
import { cutoff, isOver, noteUse, type SessionSettings } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'

export const EVENT_STREAM = 'text/event-stream'
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

const COMMENT = utf8(':\n\n')
const mail = (position: number) => utf8(`event: mail\nid: ${position}\ndata: {}\n\n`)

/**
 * One answer that goes on: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) with a single
 * event, "there is mail". Of what a slow client has not read yet only the last is kept: more says nothing more.
 */
export class EventStream {
  /** What is sent. Its first bytes are a comment, so that the subscriber knows that it is one. */
  readonly body: ReadableStream<Uint8Array>
  readonly #onEnd: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #position: number | undefined
  #owesBeat = false

  /** @param onEnd - called once, when it has ended, at whichever end. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          controller.enqueue(COMMENT)
        },
        pull: () => this.#flush(),
        cancel: () => this.#ended(),
      },
      { highWaterMark: 1 },
    )
  }

  mail(position: number): void {
    this.#position = position
    this.#flush()
  }

  /** Shows that both are alive. A client that has not read what it was sent the last time is not: its stream ends. */
  beat(): void {
    if (this.#owesBeat) this.end()
    this.#owesBeat = true
    this.#flush()
  }

  end(): void {
    const controller = this.#controller
    if (!controller) return
    this.#ended()
    controller.close()
  }

  #flush(): void {
    if (!this.#controller || (this.#controller.desiredSize ?? 0) <= 0) return
    const [position, owesBeat] = [this.#position, this.#owesBeat]
    // First, for `enqueue` may come back here at once. Mail shows as well that both are alive.
    this.#position = undefined
    this.#owesBeat = false
    if (position !== undefined) this.#controller.enqueue(mail(position))
    else if (owesBeat) this.#controller.enqueue(COMMENT)
  }

  #ended(): void {
    if (!this.#controller) return
    this.#controller = undefined
    this.#onEnd()
  }
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
  /** What stops them. */
  readonly #timers: (() => void)[] = []
  /** Everything up to this position was told to those whom it reaches. */
  #seen: number | undefined
  #looking: 'no' | 'yes' | 'again' = 'no'
  #closed = false

  constructor(kdc: SubscribersKdc, every: Every = everyByTimer) {
    this.#kdc = kdc
    this.#every = every
  }

  get size(): number {
    return this.#all().length
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
    if (this.#timers.length === 0) {
      this.#timers.push(
        this.#every(LOOK_MS, () => void this.#look()),
        this.#every(BEAT_MS, () => void this.#beat()),
      )
    }
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
        // To wait is to use the session.
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
    for (const stop of this.#timers.splice(0)) stop()
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
