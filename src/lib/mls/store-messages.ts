/** Storing messages and files at the KDC, for a receiver that is away or for a group. docs/protocol.md §7.4. */
import { attributesIn, contentPieces, type OpenFile } from '../transfer/index.ts'
import { encodeFileNote, uploadFile } from './files.ts'
import type { MailboxAccess } from './mailbox-handle.ts'
import { kindOf } from './payload.ts'
import { isRefusal } from './refusals.ts'
import type { Conversation, StoreResult } from './types.ts'

/**
 * Stores a message at the KDC, once it is known what has happened in the conversation.
 *
 * @returns what became of it: one that the KDC may not have is not to be taken for sent.
 * @throws as `MailboxHandle.use`, `Mailbox.send` and `Mailbox.sendTo`; the reason of `signal`, which is heeded until it is sent.
 */
export function storeMessage(
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

/** A file to be stored, open for reading. */
export interface FileToStore {
  readonly name: string
  readonly content: OpenFile & { readonly size: number }
}

/**
 * Stores a file at the KDC, encrypted, and then the message that tells of it. Other programs may use the mailbox meanwhile.
 *
 * @param options.onProgress - hears how many bytes the KDC has.
 * @throws as `storeMessage` and `uploadFile`: then nothing of the file stays there.
 */
export async function storeFile(
  handle: MailboxAccess,
  to: Conversation,
  { name, content }: FileToStore,
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
    return await storeMessage(handle, to, encodeFileNote(note), { kind: 'file' })
  } catch (error) {
    // The message that tells of it was refused.
    if (isRefusal(error)) await post('/files/drop', { file: note.file }).catch(() => {})
    throw error
  } finally {
    note.key.wipe()
  }
}
