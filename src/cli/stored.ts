/**
 * Messages that have waited, as the tools show them: with the time at which they were sent.
 *
 * @module
 */
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
