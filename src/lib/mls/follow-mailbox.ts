/** Looking into a mailbox whenever something may have come, whatever goes wrong in between. */
import { isSessionOver } from '../kdc-link/exchange.ts'
import { lookForEach, PollPace, sleep } from '../pacing/poll-pace.ts'
import type { MailboxHandle } from './mailbox-handle.ts'

/** After something went wrong, the next look is so much later. */
export const RETRY_MS = 5000

export interface RetryOptions {
  /** Ends it. */
  readonly signal: AbortSignal
  /** Hears why nothing can be read now: once, until it is another reason. */
  readonly onLost?: ((error: Error) => void) | undefined
  /** Hears that messages can be read again. */
  readonly onBack?: (() => void) | undefined
  /** Whether trying again is of no use: then it is thrown. */
  readonly isFinal?: ((error: unknown) => boolean) | undefined
  /** How long until the next time, in milliseconds, after an error or without one. Default: 5000. */
  readonly retryMs?: ((error?: unknown) => number) | undefined
  /** Waits for so many milliseconds; for tests. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined
}

/**
 * Does something over and over, until it is ended.
 *
 * @param work - calls `works` once it has succeeded, if it goes on for long then.
 * @throws what is final.
 */
export async function tryAgain(
  work: (works: () => void) => Promise<void>,
  {
    signal,
    onLost,
    onBack,
    isFinal,
    retryMs,
    wait = (ms) => sleep(ms, signal).catch(() => {}),
  }: RetryOptions,
): Promise<void> {
  let told: string | undefined
  const back = () => {
    if (told !== undefined && !signal.aborted) onBack?.()
    told = undefined
  }
  while (!signal.aborted) {
    let failure: unknown
    try {
      await work(back)
      back()
    } catch (error) {
      if (signal.aborted) return
      if (isFinal?.(error)) throw error
      const { message } = error as Error
      if (message !== told) onLost?.(error as Error)
      told = message
      failure = error
    }
    await wait(retryMs?.(failure) ?? RETRY_MS)
  }
}

export interface FollowOptions extends RetryOptions {
  /** How often to look. */
  readonly pace?: PollPace
  /** Called when the session seems to have ended: the KDC says so, or has ended the stream of events. At most every 5 s. */
  readonly onSessionEnd?: (() => void) | undefined
}

/**
 * Looks at once, and whenever something may have come, until it is ended. Between two tries the state is let go of.
 *
 * @param look - says whether it has found something.
 * @throws what is final.
 */
export function followMailbox(
  handle: Pick<MailboxHandle, 'arrivals' | 'close'>,
  look: () => Promise<boolean>,
  { pace = new PollPace(), onSessionEnd, ...options }: FollowOptions,
): Promise<void> {
  const { signal } = options
  const lookNow = async () => {
    if (await look()) pace.found()
  }
  return tryAgain(async (works) => {
    try {
      await pace.ready(signal)
      await lookNow()
      works()
      await lookForEach(handle.arrivals(signal, pace), lookNow)
    } catch (error) {
      if (isSessionOver(error)) onSessionEnd?.()
      throw error
    } finally {
      await handle.close()
    }
    if (!signal.aborted) onSessionEnd?.()
  }, options)
}
