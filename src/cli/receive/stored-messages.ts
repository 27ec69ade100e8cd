/** Messages that have waited, at a receiver: those from when it was away, and those that come so later. */
import { SymbolonError } from '../../lib/errors.ts'
import { followMailbox, RETRY_MS, type RetryOptions } from '../../lib/mls/follow-mailbox.ts'
import type { GroupInfo } from '../../lib/mls/mailbox.ts'
import type { Session } from '../../lib/session.ts'
import { commandOf } from '../installed.ts'
import { showNew } from '../mailbox/messages.ts'
import { commandToSave, type Saving } from '../mailbox/save-files.ts'
import type { Output } from '../terminal/output.ts'

/** How long until the next try after a file could not be saved, which may have been fetched in vain. */
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
  const { mailbox, username } = session
  const tellUnread = unreadGroups(username, output)
  // Once; the files stay at the KDC for days.
  let told = saving !== undefined
  const look = async () => {
    const { count, fileFrom } = await showNew(mailbox, output, 'direct', { saving, signal })
    if (!told && fileFrom !== undefined) {
      told = true
      const these = commandToSave(username, { with: fileFrom })
      output.event('file_not_fetched', {}, `to save files, start with --output DIR; these: ${these}`)
    }
    tellUnread(await mailbox.use(async (opened) => opened.groups()))
    return count > 0
  }
  return followMailbox(mailbox, look, { signal, onSessionEnd: onEnd, ...tellingTrouble(output) })
}

/** Tells why stored messages cannot be read, and that they can again. */
export function tellingTrouble(output: Pick<Output, 'event'>): Omit<RetryOptions, 'signal'> {
  return {
    onLost: (error) => {
      output.event('mail_unavailable', codeOf(error), `stored messages cannot be read now: ${error.message}`)
    },
    onBack: () => output.event('mail_back', {}, 'stored messages can be read again'),
    retryMs: (error) => (codeOf(error).code === 'file_not_saved' ? SAVE_RETRY_MS : RETRY_MS),
  }
}

function codeOf(error: unknown): { code?: string } {
  return error instanceof SymbolonError ? { code: error.code } : {}
}

/** Says of each group, once, that something in it is unread; and again when that was read, and more has come. */
export function unreadGroups(username: string, output: Pick<Output, 'event'>) {
  const told = new Set<string>()
  return (groups: readonly GroupInfo[]): void => {
    for (const { name: group, unread } of groups) {
      if (group === undefined) continue
      if (unread === 0) told.delete(group)
      else if (!told.has(group)) {
        told.add(group)
        const line = `${group}: ${unread} unread; read with: ${commandOf('group')} ${username} read ${group}`
        output.event('unread', { group, count: unread }, line)
      }
    }
  }
}
