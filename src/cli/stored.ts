/**
 * Messages that wait: sending them, and showing those that have waited, with the time at which they were sent.
 *
 * @module
 */
import { SymbolonError } from '../lib/errors.ts'
import type { Sent } from '../lib/mls/engine.ts'
import type { Mailbox, MailMessage } from '../lib/mls/mailbox.ts'
import type { Output } from './events.ts'

/**
 * Shows what is new in some conversations, each message once: what is marked as shown stays in the history, whatever becomes of
 * the terminal.
 *
 * @param isMeant - which messages.
 * @returns how many there were.
 */
export async function showNew(
  mailbox: Mailbox,
  output: Output,
  isMeant: (message: MailMessage) => boolean,
): Promise<number> {
  const messages = (await mailbox.unread()).filter(isMeant)
  await mailbox.markShown(messages)
  for (const message of messages) await output.stored(message)
  return messages.length
}

/**
 * Makes an error of a message that the KDC did not take, or may not have taken: it is kept here and goes out later, but whoever
 * sends it must not take it for sent.
 *
 * @throws why the KDC was not reached.
 */
export function mustBeStored(sent: Sent, output: Output): void {
  if (sent.stored) return
  const { reason } = sent
  const code = reason instanceof SymbolonError ? { code: reason.code } : {}
  output.event('kept', code, 'not sent yet: it is kept here, and goes out with your next command')
  throw reason
}
