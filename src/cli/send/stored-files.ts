/** Sending files by way of the KDC, which cannot read them. docs/protocol.md §7.4. */
import { stat } from 'node:fs/promises'
import { openContent, openOutgoing } from '../../files/outgoing.ts'
import { storeSource } from '../../lib/connect-or-store.ts'
import { MAX_FILE_BYTES } from '../../lib/mls/files.ts'
import type { Conversation } from '../../lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../lib/mls/mailbox-handle.ts'
import type { TransferSource } from '../../lib/transfer/index.ts'
import { ToolError } from '../errors.ts'
import { requireStored } from '../mailbox/messages.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { progressSink } from '../terminal/progress.ts'

/** A file that can be stored at the KDC. */
export interface StorableFile {
  readonly path: string
  readonly size: number
  readonly source: TransferSource
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
    files.push({ path, size, source: { kind: 'file', name, open: () => openContent(path, path) } })
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
export async function storeFiles(
  handle: MailboxAccess,
  output: Output,
  to: Conversation,
  files: readonly StorableFile[],
  signal: AbortSignal,
): Promise<void> {
  const [field, receiver] = 'group' in to ? [{ group: to.group }, to.group] : [{ to: to.with }, to.with]
  for (const { path, size, source } of files) {
    const progress = progressSink(output)
    const options = { signal, onProgress: progress.at }
    const storing = storeSource(handle, 'group' in to ? to : to.with, source, options)
    requireStored(output, await storing.finally(() => progress.end()))
    const fields = { ...field, name: source.name, size }
    output.event('file_stored', fields, `stored ${path} for ${receiver}`)
  }
}
