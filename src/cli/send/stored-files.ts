/** Sending files by way of the KDC, which cannot read them. docs/protocol.md §7.4. */
import { stat } from 'node:fs/promises'
import { type FileContent, type Outgoing, openContent, openOutgoing } from '../../files/outgoing.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
import { leaveFile } from '../../lib/mls/leave.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../lib/mls/mailbox-handle.ts'
import { ToolError } from '../errors.ts'
import { requireStored } from '../mailbox/messages.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { progressSink } from '../terminal/progress.ts'

/** A file that can be stored at the KDC. */
export interface StorableFile extends Pick<Outgoing, 'path' | 'name'> {
  readonly size: number
  open(): Promise<FileContent>
}

/** Looks at all files, before anything is sent. */
export async function storableFiles(paths: readonly string[]): Promise<StorableFile[]> {
  const files: StorableFile[] = []
  for (const path of paths) {
    const { name, content } = await openOutgoing(path)
    await content.close()
    const { size } = content
    if (size > MAX_FILE_BYTES) {
      const why = `${path} has ${sizeText(size)}, and a file ${sizeText(MAX_FILE_BYTES)} at most`
      throw new ToolError(why, { hint: 'send it in parts' })
    }
    files.push({ path, name, size, open: () => openContent(path, path) })
  }
  return files
}

/** Whether words that were given as a message name a file: a likely mistake. `-` is standard input, whatever lies here under that name. */
export async function isFilePath(words: string): Promise<boolean> {
  if (words === '-') return false
  const found = await stat(words).catch(() => undefined)
  return found?.isFile() === true
}

/** Stores files for a group or for one other, each with the message that tells of it; says so of each. */
export async function sendFiles(
  handle: MailboxAccess,
  output: Output,
  to: Conversation,
  files: readonly StorableFile[],
  signal: AbortSignal,
): Promise<void> {
  const [field, receiver] = 'group' in to ? [{ group: to.group }, to.group] : [{ to: to.with }, to.with]
  for (const { path, name, size, open } of files) {
    const content = await open()
    const progress = progressSink(output)
    const onProgress = (bytes: number) => progress.at({ name, bytes, size })
    try {
      requireStored(output, await leaveFile(handle, to, { name, content }, { onProgress, signal }))
    } finally {
      progress.end()
      await content.close()
    }
    output.event('file_stored', { ...field, name, size }, `stored ${path} for ${receiver}`)
  }
}
