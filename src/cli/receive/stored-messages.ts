/**
 * Messages that have waited, at a receiver: those from when it was away, and those that come so later.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SymbolonError } from '../../lib/errors.ts'
import { isSessionOver } from '../../lib/kdc-link/exchange.ts'
import { lookForEach, PollPace } from '../../lib/pacing/poll-pace.ts'
import type { Session } from '../../lib/session.ts'
import { type Shown, showNew } from '../mailbox/messages.ts'
import { MailboxHandle } from '../mailbox/open-mailbox.ts'
import { commandToSave, type Saving } from '../mailbox/save-files.ts'
import type { Output } from '../terminal/output.ts'
import { UnreadGroups } from './unread-groups.ts'

/** After something went wrong, the next look is so much later. */
const RETRY_MS = 5000
/** And after a file could not be saved, which may have been fetched in vain. */
const SAVE_RETRY_MS = 60_000

/**
 * Shows what others have left, as it comes, until `signal` ends it. Whatever goes wrong is told once, and tried again: a receiver
 * is there for those who come by themselves, too.
 *
 * @param onEnd - called when the session seems to have ended: the KDC says so, or has ended the stream of events. At most every 5 s.
 */
export function showStoredMessages(
  session: Session,
  output: Output,
  signal: AbortSignal,
  saving?: Saving,
  onEnd: () => void = () => {},
): Promise<void> {
  const pace = new PollPace()
  const work = async (works: () => void) => {
    try {
      await watch(session, output, signal, works, saving, pace)
    } catch (error) {
      if (isSessionOver(error)) onEnd()
      throw error
    }
    if (!signal.aborted) onEnd()
  }
  return tryAgain(work, output, signal)
}

/**
 * Does something over and over, until `signal` ends it.
 *
 * @param work - calls `works` once it has succeeded, if it goes on for long then.
 * @param wait - for so many milliseconds; for tests.
 */
export async function tryAgain(
  work: (works: () => void) => Promise<void>,
  output: Pick<Output, 'event'>,
  signal: AbortSignal,
  wait: (ms: number) => Promise<void> = (ms) => sleep(ms, undefined, { signal }),
): Promise<void> {
  let told: string | undefined
  const back = () => {
    if (told !== undefined && !signal.aborted)
      output.event('mail_back', {}, 'stored messages can be read again')
    told = undefined
  }
  while (!signal.aborted) {
    let retryMs = RETRY_MS
    try {
      await work(back)
      back()
    } catch (error) {
      if (signal.aborted) return
      const { message } = error as Error
      if (message !== told) {
        output.event('mail_unavailable', codeOf(error), `stored messages cannot be read now: ${message}`)
      }
      told = message
      if (codeOf(error).code === 'file_not_saved') retryMs = SAVE_RETRY_MS
    }
    await wait(retryMs).catch(() => {})
  }
}

async function watch(
  session: Session,
  output: Output,
  signal: AbortSignal,
  works: () => void,
  saving: Saving | undefined,
  pace: PollPace,
): Promise<void> {
  const mail = await MailboxHandle.open(session, output)
  const unread = new UnreadGroups(session.username, output)
  // Once; the files stay at the KDC for days.
  let told = saving !== undefined
  const tellHowToSave = ({ fileFrom }: Shown) => {
    if (told || fileFrom === undefined) return
    told = true
    const these = commandToSave(session.username, { with: fileFrom })
    output.event('file_not_fetched', {}, `to save files, start with --output DIR; these: ${these}`)
  }
  try {
    const look = async () => {
      const shown = await showNew(mail, output, 'direct', { saving, signal })
      if (shown.count > 0) pace.found()
      tellHowToSave(shown)
      unread.tell(await mail.use(async (mailbox) => mailbox.groups()))
    }
    await pace.ready(signal)
    await look()
    works()
    await lookForEach(mail.arrivals(signal, pace), look)
  } finally {
    await mail.close()
  }
}

function codeOf(error: unknown): { code?: string } {
  return error instanceof SymbolonError ? { code: error.code } : {}
}
