/**
 * Events that say no more than "ask", and that an attacker on the way could have sent: how often they are followed.
 *
 * @module
 */

import { deferred, untilAborted } from '../abort.ts'
import { TransportError } from '../errors.ts'
import { TokenBucket } from './token-bucket.ts'

/** So many looks in vain at once, and then one in so many seconds: what is forged costs the KDC and us no more. */
export const LOOKS_AT_ONCE = 5
export const LOOK_SEC = 2
/** A stream is opened anew after so long: one that was forged tells nothing, for as long as it is held open. */
export const MAX_AGE_MS = 600_000

/** What a pace goes by; defaults: the system's clock and timers, `Math.random`. */
export interface PollPaceOptions {
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number
  /** Resolves after so many milliseconds; rejects with the reason of the signal. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  readonly random?: () => number
}

/** How often a client may look for what has come. */
export class PollPace {
  readonly #looks: TokenBucket
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly #random: () => number

  constructor({ now, wait = sleep, random = Math.random }: PollPaceOptions = {}) {
    this.#looks = new TokenBucket({ capacity: LOOKS_AT_ONCE, perSec: 1 / LOOK_SEC, now })
    this.#wait = wait
    this.#random = random
  }

  /**
   * Resolves when the next look is due.
   *
   * @throws the reason of `signal`.
   */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // Up to a half longer: those whom one message has woken do not ask in step.
    while (!this.#looks.take(1)) await this.#wait(this.#looks.waitMs(1) * (1 + this.#random() / 2), signal)
  }

  /** The last look has found something, under seal: it was not made in vain, and does not count. So a lively talk is not slowed down. */
  found(): void {
    this.#looks.giveBack(1)
  }
}

/**
 * Follows a stream of events: however many come while one is dealt with, they are one more.
 *
 * @param open - opens the stream, until the signal ends it.
 * @returns one item for each time to look, until the stream or `signal` ends.
 * @throws what the stream throws, after the last item; the reason of `signal`.
 */
export async function* followHints(
  open: (signal: AbortSignal) => AsyncIterable<unknown>,
  pace: PollPace,
  signal: AbortSignal,
  maxAgeMs: number = MAX_AGE_MS,
): AsyncGenerator<void> {
  for (;;) {
    const aged = new AbortController()
    const timer = setTimeout(() => aged.abort(), maxAgeMs * (1 - Math.random() / 10))
    try {
      yield* coalesced(open, pace, signal, aged.signal)
    } finally {
      clearTimeout(timer)
    }
    if (!aged.signal.aborted) return
    // What a forged stream has kept to itself.
    await pace.ready(signal)
    yield
  }
}

/**
 * Looks for each hint, until they end. That the stream was cut is no news: the next look tells whether the KDC
 * is away.
 *
 * @throws what `look` throws; of what the hints throw, all but TransportError.
 */
export async function lookForEach(hints: AsyncGenerator<void>, look: () => Promise<void>): Promise<void> {
  const next = () =>
    hints.next().catch((error: unknown) => {
      if (error instanceof TransportError) return { done: true }
      throw error
    })
  try {
    while (!(await next()).done) await look()
  } finally {
    await hints.return(undefined)
  }
}

async function* coalesced(
  open: (signal: AbortSignal) => AsyncIterable<unknown>,
  pace: PollPace,
  signal: AbortSignal,
  aged: AbortSignal,
): AsyncGenerator<void> {
  const left = new AbortController()
  let come = deferred<boolean>()
  const read = async () => {
    for await (const _ of open(AbortSignal.any([signal, aged, left.signal]))) come.resolve(true)
    return false
  }
  const over = read().catch((error: unknown) => {
    if (aged.aborted) return false
    throw error
  })
  // It may be over while an item is dealt with.
  over.catch(() => {})
  try {
    // What has come is looked for first, also when it is over.
    while (await Promise.race([come.promise, over])) {
      await pace.ready(signal)
      come = deferred()
      yield
    }
  } finally {
    left.abort()
  }
}

/** @throws the reason of `signal` */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const { promise, resolve } = deferred<void>()
  const begin = () => {
    timer = setTimeout(resolve, ms)
    return promise
  }
  return untilAborted(begin, signal).finally(() => clearTimeout(timer))
}
