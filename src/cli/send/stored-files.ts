/** Sending files by way of the KDC, which cannot read them. docs/protocol.md §7.4. */
import { stat } from 'node:fs/promises'
import { type Outgoing, openOutgoing } from '../../files/outgoing.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
import { leaveFile } from '../../lib/mls/leave.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../lib/mls/mailbox-handle.ts'
import { ToolError, UsageError } from '../errors.ts'
import { requireStored } from '../mailbox/messages.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { progressSink } from '../terminal/progress.ts'

/**
 * Opens all files, before anything is sent.
 *
 * @param words - the message beside them, as it was given.
 * @throws FileError `file_not_readable`; ToolError for one that is too large; UsageError when `words` name a file.
 */
export async function openFiles(paths: readonly string[], words?: string): Promise<Outgoing[]> {
  if (paths.length > 0 && words !== undefined && (await isFilePath(words))) {
    throw new UsageError(
      `${words} is a file: give it as --file ${words}`,
      'each file has a --file of its own; if these words are the message, send them without files',
    )
  }
  const files: Outgoing[] = []
  try {
    for (const path of paths) {
      const file = await openOutgoing(path)
      files.push(file)
      if (file.content.size <= MAX_FILE_BYTES) continue
      throw new ToolError(
        `${path} has ${sizeText(file.content.size)}, and a file ${sizeText(MAX_FILE_BYTES)} at most`,
        { hint: 'send it in parts' },
      )
    }
    return files
  } catch (error) {
    await closeFiles(files)
    throw error
  }
}

/** Whether words that were given as a message name a file: a likely mistake. `-` is standard input, whatever lies here under that name. */
export async function isFilePath(words: string): Promise<boolean> {
  if (words === '-') return false
  const found = await stat(words).catch(() => undefined)
  return found?.isFile() === true
}

export async function closeFiles(files: readonly Outgoing[]): Promise<void> {
  await Promise.all(files.map((file) => file.content.close()))
}

/**
 * Stores files for a group or for one other, each with the message that tells of it; says so of each.
 *
 * @param signal - ends it; of the file that is being sent nothing stays.
 * @throws what `leaveFile` throws; the reason of `signal`.
 */
export async function sendFiles(
  mail: MailboxAccess,
  output: Output,
  to: Conversation,
  files: readonly Outgoing[],
  signal: AbortSignal,
): Promise<void> {
  const [field, receiver] = 'group' in to ? [{ group: to.group }, to.group] : [{ to: to.with }, to.with]
  for (const file of files) {
    const { path, name, content } = file
    const { size } = content
    const progress = progressSink(output)
    const onProgress = (bytes: number) => progress.at({ name, bytes, size })
    const sent = await leaveFile(mail, to, file, { onProgress, signal }).finally(() => progress.end())
    requireStored(output, sent)
    output.event('file_stored', { ...field, name, size }, `stored ${path} for ${receiver}`)
  }
}
