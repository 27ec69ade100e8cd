/**
 * Reading on as more comes, for hours perhaps: the KDC may go and come back, and the session may end.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../lib/client.ts'
import { ProtocolError, TransportError } from '../lib/errors.ts'
import type { Conversation } from '../lib/mls/mailbox.ts'
import { StateError } from '../state/errors.ts'
import type { Output } from './events.ts'
import type { Mail } from './mail.ts'

/** How long between two tries to reach the KDC again. */
const RETRY_MS = 1000

export interface Following {
  readonly session: Session
  readonly mail: Mail
  readonly output: Output
  readonly of: Conversation
  /** Shows what is new. */
  readonly showMore: () => Promise<unknown>
  /** Ends it in good order. */
  readonly signal: AbortSignal
}

/**
 * Shows what comes, until `signal`, or until nothing can come any more, which is said.
 *
 * @throws ProtocolError why the group is not read any more; what `showMore` throws, unless the KDC is merely away.
 */
export async function follow({ session, mail, output, of, showMore, signal }: Following): Promise<void> {
  let isLost = false
  /** @returns whether more may come. */
  const look = async () => {
    await showMore()
    if (isLost) output.event('kdc_back', {}, 'the KDC is back')
    isLost = false
    return mayGoOn(mail, output, of)
  }
  while (!signal.aborted) {
    try {
      // First, for what came while nobody waited.
      if (!(await look())) return
      for await (const _ of mail.arrivals(signal)) if (!(await look())) return
    } catch (error) {
      if (signal.aborted) return
      if (isOver(error)) await renew(session, output)
      else if (!isAway(error)) throw error
      else if (error instanceof TransportError && !isLost) {
        output.event('kdc_lost', {}, `${error.message}; trying again until it is back`)
        isLost = true
      }
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}

// The session has expired, or somebody has ended it.
function isOver(error: unknown): boolean {
  return error instanceof ProtocolError && (error.code === 'token_unknown' || error.code === 'token_expired')
}

// For a while: the KDC, or the state, which another of our tools has.
function isAway(error: unknown): boolean {
  return error instanceof TransportError || (error instanceof StateError && error.code === 'state_busy')
}

async function renew(session: Session, output: Output): Promise<void> {
  try {
    await session.renew()
    output.event('renewed', {}, 'logged in again: the session had ended')
  } catch (error) {
    // Then the next request says so.
    if (!(error instanceof TransportError)) throw error
  }
}

async function mayGoOn(mail: Mail, output: Output, of: Conversation): Promise<boolean> {
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
