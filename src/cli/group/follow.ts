/**
 * Reading on as more comes, for hours perhaps: the KDC may go and come back, and the session may end.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CodecError, ProtocolError, type SymbolonError, TransportError } from '../../lib/errors.ts'
import { isSessionOver } from '../../lib/kdc-link/exchange.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import type { MailboxHandle } from '../../lib/mls/mailbox-handle.ts'
import { backoffMs } from '../../lib/pacing/backoff.ts'
import { PollPace } from '../../lib/pacing/poll-pace.ts'
import type { Session } from '../../lib/session.ts'
import { StateError } from '../../state/errors.ts'
import type { Output } from '../terminal/output.ts'

/** How long between two tries to reach the KDC again. */
const RETRY = { firstMs: 1000, mostMs: 10_000 }

export interface Following {
  readonly session: Pick<Session, 'token'>
  readonly mail: Pick<MailboxHandle, 'use' | 'arrivals'>
  readonly output: Output
  readonly of: Conversation
  /** Shows what is new. */
  readonly showMore: () => Promise<{ readonly count: number }>
  /** Ends it in good order. */
  readonly signal: AbortSignal
  /** How often to look; and waits for so many milliseconds. For tests. */
  readonly pace?: PollPace
  readonly wait?: (ms: number) => Promise<unknown>
}

/**
 * Shows what comes, until `signal`, or until nothing can come any more, which is said. No answer that could be forged on the way
 * ends it.
 *
 * @throws ProtocolError why the group is not read any more, or `kdc_key_changed`; what `showMore` throws, unless the KDC, or a login, is
 *   merely away.
 */
export async function follow(following: Following): Promise<void> {
  const { session, mail, output, of, showMore, signal, pace = new PollPace() } = following
  const { wait = (ms: number) => sleep(ms, undefined, { signal }) } = following
  let failures = 0
  let streamFailures = 0
  let isLost = false
  let { token } = session
  const tellRenewed = () => {
    if (session.token !== token) output.event('renewed', {}, 'logged in again: the session had ended')
    ;({ token } = session)
  }
  /** @returns whether more may come. */
  const look = async () => {
    if ((await showMore()).count > 0) pace.found()
    tellRenewed()
    if (isLost) output.event('kdc_back', {}, 'the KDC is back')
    isLost = false
    failures = 0
    return mayGoOn(mail, output, of)
  }
  while (!signal.aborted) {
    let isWaiting = false
    try {
      // First, for what came before the subscription.
      await pace.ready(signal)
      if (!(await look())) return
      isWaiting = true
      for await (const _ of mail.arrivals(signal, pace)) {
        isWaiting = false
        if (!(await look())) return
        isWaiting = true
        streamFailures = 0
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isAway(error)) throw error
      // The next look tells whether the KDC is away, or only the stream was cut.
      if (isWaiting) streamFailures++
      else failures++
      if (!isWaiting && !isStateBusy(error) && !isLost) {
        output.event('kdc_lost', {}, `${error.message}; trying again until it is back`)
        isLost = true
      }
    }
    await wait(backoffMs(Math.max(1, failures, streamFailures), RETRY)).catch(() => {})
  }
}

/** What may be over the next time, or may have been said by an attacker on the way. */
function isAway(error: unknown): error is SymbolonError {
  if (error instanceof TransportError || error instanceof CodecError || isSessionOver(error)) return true
  return isStateBusy(error) || (error instanceof ProtocolError && error.code === 'login_refused')
}

// Another of our tools has it.
function isStateBusy(error: unknown): boolean {
  return error instanceof StateError && error.code === 'state_busy'
}

async function mayGoOn(mail: Pick<MailboxHandle, 'use'>, output: Output, of: Conversation): Promise<boolean> {
  if (!('group' in of)) return true
  const { group } = of
  const infos = await mail.use(async (mailbox) => mailbox.groups().filter(({ name }) => name === group))
  if (infos.some(({ status }) => status === 'active')) return true
  const info = infos.find(({ status }) => status === 'broken') ?? infos.at(-1)
  if (info?.reason !== undefined) throw new ProtocolError(info.reason, `${group} is not read any more`)
  const status = info?.status ?? 'left'
  output.event('ended', { group, status }, ENDS[status]?.(group) ?? `${group} is over`)
  return false
}

const ENDS: Record<string, (group: string) => string> = {
  left: (group) => `you have left ${group}: nothing more will come`,
  removed: (group) => `you are not in ${group} any more: nothing more will come`,
  destroyed: (group) => `${group} is gone: nothing more will come`,
}
