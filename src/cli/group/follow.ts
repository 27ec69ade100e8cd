/** Reading on as more comes, for hours perhaps: the KDC may go and come back, and the session may end. */
import { CodecError, ProtocolError, type SymbolonError, TransportError } from '../../lib/errors.ts'
import { isSessionOver } from '../../lib/kdc-link/exchange.ts'
import { type FollowOptions, followMailbox } from '../../lib/mls/follow-mailbox.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import type { MailboxHandle } from '../../lib/mls/mailbox-handle.ts'
import { backoffMs } from '../../lib/pacing/backoff.ts'
import type { Session } from '../../lib/session.ts'
import { StateError } from '../../state/errors.ts'
import type { Output } from '../terminal/output.ts'

/** How long between two tries to reach the KDC again. */
const RETRY = { firstMs: 1000, mostMs: 10_000 }

export interface Following extends Pick<FollowOptions, 'signal' | 'pace' | 'wait'> {
  readonly session: Pick<Session, 'token'>
  readonly handle: Pick<MailboxHandle, 'use' | 'arrivals' | 'close'>
  readonly output: Output
  readonly of: Conversation
  readonly showMore: () => Promise<{ readonly count: number }>
}

/**
 * Shows what comes, until `signal`, or until nothing can come any more, which is said. No answer that could be forged on the way ends it.
 *
 * @throws ProtocolError why the group is not read any more, or `kdc_key_changed`; what `showMore` throws, unless the KDC, or a login, is
 *   merely away.
 */
export async function follow({
  session,
  handle,
  output,
  of,
  showMore,
  ...options
}: Following): Promise<void> {
  const over = new AbortController()
  let tries = 0
  let isLost = false
  let { token } = session
  const look = async () => {
    const { count } = await showMore().catch((error: unknown) => {
      if (!isLost && isAway(error) && !isStateBusy(error)) {
        output.event('kdc_lost', {}, `${error.message}; trying again until it is back`)
        isLost = true
      }
      throw error
    })
    if (session.token !== token) output.event('renewed', {}, 'logged in again: the session had ended')
    ;({ token } = session)
    if (isLost) output.event('kdc_back', {}, 'the KDC is back')
    if (isLost || count > 0) tries = 0
    isLost = false
    if (!(await mayGoOn(handle, output, of))) over.abort()
    return count > 0
  }
  await followMailbox(handle, look, {
    ...options,
    signal: AbortSignal.any([options.signal, over.signal]),
    isFinal: (error) => !isAway(error),
    retryMs: () => backoffMs(++tries, RETRY),
  })
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

async function mayGoOn(
  handle: Pick<MailboxHandle, 'use'>,
  output: Output,
  of: Conversation,
): Promise<boolean> {
  if (!('group' in of)) return true
  const { group } = of
  const infos = await handle.use(async (mailbox) => mailbox.groups().filter(({ name }) => name === group))
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
