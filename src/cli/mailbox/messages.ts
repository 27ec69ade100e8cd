/** Stored messages: showing them, with the time at which they were sent. */
import { FileError } from '../../files/errors.ts'
import { SymbolonError } from '../../lib/errors.ts'
import type { Conversation, MailMessage, Selection } from '../../lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../lib/mls/mailbox-handle.ts'
import type { StoreResult } from '../../lib/mls/types.ts'
import type { FileResult } from '../terminal/file-result.ts'
import type { Output } from '../terminal/output.ts'
import { isFile, type Saving, saveFile } from './save-files.ts'

const MAX_PORTIONS = 100

export interface Shown {
  readonly count: number
  /** Who sent the first file of others among it. */
  readonly fileFrom: string | undefined
}

/**
 * Shows what is new in some conversations, in order, each message once: it is marked as shown before it is, and stays in the history,
 * whatever becomes of the terminal. Few are marked one by one and many in portions, so that a person who stops it has little to look for there.
 * A file is saved before its message is marked: one whose saving was cut short comes again.
 *
 * @param of - which messages.
 * @param saving - where their files go. Without it they are not fetched.
 * @param signal - stops between two portions.
 * @throws as `saveFile`: from that message on, all stay new; but where files cannot be saved, only these do.
 */
export async function showNew(
  handle: MailboxAccess,
  output: Output,
  of: Selection,
  { saving, signal }: { readonly saving?: Saving | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Shown> {
  let shown: Shown = { count: 0, fileFrom: undefined }
  const show = async (message: MailMessage, result?: FileResult) => {
    await output.stored(message, result)
    shown = { count: shown.count + 1, fileFrom: shown.fileFrom ?? fileFrom(handle, message) }
  }
  const unsaved = new UnsavedFiles()
  const portion = await handle.use(async (mailbox) => {
    await mailbox.sync()
    return Math.ceil(mailbox.countUnread(of) / MAX_PORTIONS)
  })
  while (portion > 0 && !signal?.aborted) {
    const { ready, file } = await handle.use(async (mailbox) => {
      const messages = unsaved.without(await mailbox.unread(of, portion + unsaved.count))
      const index = saving ? messages.findIndex(isFile) : -1
      const ready = index < 0 ? messages : messages.slice(0, index)
      await mailbox.markShown(ready)
      return { ready, file: messages[index] }
    })
    for (const message of ready) await show(message)
    if (file && saving) {
      // It may take long: meanwhile others of our tools may use the mailbox, and show it.
      const result = await unsaved.unlessSaved(file, () => saveFile(handle, output, file, saving))
      if (!result) continue
      const isNew = await handle.use((mailbox) => mailbox.markShown([file]))
      if (isNew) await show(file, result)
    } else if (ready.length === 0) break
  }
  unsaved.throwIfAny()
  return shown
}

/** Shows all that was said in a conversation and is kept here, and saves the files of others, as far as the KDC still has them. */
export async function showAll(
  handle: MailboxAccess,
  output: Output,
  of: Conversation,
  saving?: Saving,
): Promise<Shown> {
  const isWanted = (message: MailMessage) => saving !== undefined && fileFrom(handle, message) !== undefined
  const messages = await handle.use(async (mailbox) => {
    await mailbox.sync()
    const all = await mailbox.history(of, Number.POSITIVE_INFINITY)
    await mailbox.markShown(all.filter((message) => !isWanted(message)))
    return all
  })
  const unsaved = new UnsavedFiles()
  for (const message of messages) {
    let result: FileResult | undefined = {}
    if (saving && isWanted(message)) {
      result = await unsaved.unlessSaved(message, () => saveFile(handle, output, message, saving))
      if (!result) continue
      await handle.use((mailbox) => mailbox.markShown([message]))
    }
    await output.stored(message, result)
  }
  unsaved.throwIfAny()
  const files = messages.map((message) => fileFrom(handle, message))
  return { count: messages.length, fileFrom: files.find((from) => from !== undefined) }
}

/** The messages whose files cannot be saved, because nothing can: they stay new, and what comes after them is shown. */
class UnsavedFiles {
  readonly #positions = new Set<number>()
  #error: FileError | undefined

  get count(): number {
    return this.#positions.size
  }

  without(messages: readonly MailMessage[]): MailMessage[] {
    return messages.filter(({ position }) => !this.#positions.has(position))
  }

  /** @returns nothing when it stays new. */
  async unlessSaved(
    { position }: MailMessage,
    save: () => Promise<FileResult>,
  ): Promise<FileResult | undefined> {
    try {
      return await save()
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.#error ??= error
      this.#positions.add(position)
      return undefined
    }
  }

  throwIfAny(): void {
    if (this.#error) throw this.#error
  }
}

/** Who sent it, if it is a file for us: another member's, or our own for ourselves. */
function fileFrom({ username }: MailboxAccess, message: MailMessage): string | undefined {
  const isForUs = message.from !== username || message.with === username
  return isForUs && isFile(message) ? message.from : undefined
}

/** A message that the KDC did not take, or may not have taken, is an error: it is kept here and goes out later, but is not sent yet. */
export function requireStored(output: Output, sent: StoreResult): void {
  if (sent.stored) return
  const { reason } = sent
  const code = reason instanceof SymbolonError ? { code: reason.code } : {}
  output.event('kept', code, 'not sent yet: it is kept here, and goes out with your next command')
  throw reason
}
