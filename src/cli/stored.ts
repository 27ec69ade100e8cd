/**
 * Messages that wait: sending them, and showing those that have waited, with the time at which they were sent.
 *
 * @module
 */
import { SymbolonError } from '../lib/errors.ts'
import type { Conversation, MailMessage } from '../lib/mls/mailbox.ts'
import type { Sent } from '../lib/mls/sender.ts'
import type { Output } from './events.ts'
import type { FileFate } from './file-fate.ts'
import type { MailAccess } from './mail.ts'
import { isFile, type Saving, saveFile } from './save-files.ts'

/**
 * Shows what is new in some conversations, in order, each message once: what is marked as shown stays in the history, whatever becomes
 * of the terminal. A file is saved before its message is marked, so that one whose saving was cut short comes again.
 *
 * @param isMeant - which messages.
 * @param saving - where their files go. Without it they are not fetched.
 * @returns what was shown.
 * @throws as `saveFile`: from that message on, all stay new.
 */
export async function showNew(
  mail: MailAccess,
  output: Output,
  isMeant: (message: MailMessage) => boolean,
  saving?: Saving,
): Promise<MailMessage[]> {
  const shown: MailMessage[] = []
  await mail.use((mailbox) => mailbox.sync())
  for (;;) {
    const { ready, file } = await mail.use(async (mailbox) => {
      const messages = (await mailbox.unread()).filter(isMeant)
      const index = saving ? messages.findIndex(isFile) : -1
      const ready = index < 0 ? messages : messages.slice(0, index)
      await mailbox.markShown(ready)
      return { ready, file: messages[index] }
    })
    for (const message of ready) await output.stored(message)
    shown.push(...ready)
    if (!file || !saving) return shown
    // It may take long: meanwhile others of our tools may use the mailbox, and show it.
    const fate = await saveFile(mail, output, file, saving)
    if (!(await markIfNew(mail, file))) continue
    await output.stored(file, fate)
    shown.push(file)
  }
}

/** @returns whether nobody has shown it yet. */
function markIfNew(mail: MailAccess, message: MailMessage): Promise<boolean> {
  return mail.use(async (mailbox) => {
    const isNew = (await mailbox.unread()).some(({ position }) => position === message.position)
    if (isNew) await mailbox.markShown([message])
    return isNew
  })
}

/**
 * Shows all that was said in a conversation and is kept here.
 *
 * @param saving - where the files of others go, as far as the KDC still has them.
 * @returns what was shown.
 * @throws as `saveFile`.
 */
export async function showAll(
  mail: MailAccess,
  output: Output,
  of: Conversation,
  saving?: Saving,
): Promise<MailMessage[]> {
  const isWanted = (message: MailMessage) =>
    saving !== undefined && message.from !== mail.username && isFile(message)
  const messages = await mail.use(async (mailbox) => {
    await mailbox.sync()
    const all = await mailbox.history(of, Number.POSITIVE_INFINITY)
    await mailbox.markShown(all.filter((message) => !isWanted(message)))
    return all
  })
  for (const message of messages) {
    let fate: FileFate = {}
    if (saving && isWanted(message)) {
      fate = await saveFile(mail, output, message, saving)
      await mail.use((mailbox) => mailbox.markShown([message]))
    }
    await output.stored(message, fate)
  }
  return messages
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
