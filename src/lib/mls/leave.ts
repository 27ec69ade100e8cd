/** Leaving messages and files at the KDC, for a receiver that is away or for a group. docs/protocol.md §7.4. */
import { attributesIn, type Content, contentPieces } from '../transfer/index.ts'
import { encodeFileNote, uploadFile } from './files.ts'
import type { MailboxAccess } from './mailbox-handle.ts'
import { kindOf } from './payload.ts'
import { isRefusal } from './refusals.ts'
import type { Conversation, StoreResult } from './types.ts'

/**
 * Leaves a message at the KDC, once it is known what has happened in the conversation.
 *
 * @returns what became of it: one that the KDC may not have is not to be taken for sent.
 * @throws as `MailboxHandle.use`, `Mailbox.send` and `Mailbox.sendTo`; the reason of `signal`, which is heeded until it is sent.
 */
export function leaveMessage(
  handle: MailboxAccess,
  to: Conversation,
  body: Uint8Array,
  { kind = kindOf(body), signal }: { readonly kind?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<StoreResult> {
  return handle.use(async (mailbox) => {
    signal?.throwIfAborted()
    await mailbox.sync()
    signal?.throwIfAborted()
    const sent = await ('group' in to
      ? mailbox.send(to.group, body, kind)
      : mailbox.sendTo(to.with, body, kind))
    // Until we have it back it is stored for us, too, and counts against our share. It is safe: the next time would do as well.
    if (sent.stored) await mailbox.sync().catch(() => {})
    return sent
  })
}

/** A file to be left, open for reading. */
export interface FileToLeave {
  readonly name: string
  readonly content: Content & { readonly size: number }
}

/**
 * Stores a file at the KDC, encrypted, and leaves the message that tells of it. Other programs may use the mailbox meanwhile.
 *
 * @param options.onProgress - hears how many bytes the KDC has.
 * @throws as `leaveMessage` and `uploadFile`: then nothing of the file stays there.
 */
export async function leaveFile(
  handle: MailboxAccess,
  to: Conversation,
  { name, content }: FileToLeave,
  options: {
    readonly onProgress?: ((bytes: number) => void) | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<StoreResult> {
  const { post } = handle
  const group = await handle.use(async (mailbox) => {
    options.signal?.throwIfAborted()
    await mailbox.sync()
    return mailbox.conversationId(to)
  })
  const file = { name, size: content.size, ...attributesIn(content), content: contentPieces(content) }
  const note = await uploadFile(post, group, file, options)
  try {
    return await leaveMessage(handle, to, encodeFileNote(note), { kind: 'file' })
  } catch (error) {
    // The message that tells of it was refused.
    if (isRefusal(error)) await post('/files/drop', { file: note.file }).catch(() => {})
    throw error
  } finally {
    note.key.wipe()
  }
}
