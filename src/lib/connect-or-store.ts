/**
 * Sending to one other: directly, or by way of the KDC when the receiver cannot be reached.
 *
 * @module
 */

import { untilAborted } from './abort.ts'
import { utf8 } from './bytes.ts'
import type { Channel } from './channel/channel.ts'
import { MAX_MESSAGE_BYTES } from './channel/message.ts'
import { CodecError, type ProtocolCode, ProtocolError, SymbolonError, TransportError } from './errors.ts'
import { MAX_FILE_BYTES } from './mls/files.ts'
import { leaveFile, leaveMessage } from './mls/leave.ts'
import type { MailboxAccess } from './mls/mailbox-handle.ts'
import type { StoreResult } from './mls/types.ts'
import { type Content, type ItemResult, type Source, sendItems } from './transfer/index.ts'

/** What a receiver may say of a file (docs/protocol.md §8). Its word that the KDC has another key, say, is worth nothing. */
const OF_RECEIVERS: readonly ProtocolCode[] = [
  'file_changed',
  'file_damaged',
  'file_too_large',
  'files_not_taken',
  'stream_not_taken',
  'transfer_too_large',
]

/** How long a receiver may take to acknowledge a message; and to answer about a file, for which a person may be asked. */
const SEND_TIMEOUT_MS = { message: 30_000, file: 300_000 } as const

/** How to send. */
export interface SendOptions {
  /** Whether it may be stored at the KDC when the receiver cannot be reached. Default: true. */
  readonly store?: boolean | undefined
  /** How long the receiver may take to acknowledge it, in milliseconds. Default: 30,000; for a file, between two answers, 300,000. */
  readonly timeoutMs?: number | undefined
  /** Ends it half way: whether the receiver has it is not known then. */
  readonly signal?: AbortSignal | undefined
}

/** How far a file is. */
export interface FileProgress {
  /** Of the file, or of the directory it is in. */
  readonly name: string
  /** Where in the directory it is. */
  readonly path?: readonly string[] | undefined
  /** How much has been sent, what the receiver had before included. */
  readonly bytes: number
  /** In bytes; nothing when only its end will tell. */
  readonly size?: number | undefined
}

/** How to send a file. */
export interface SendFileOptions extends SendOptions {
  /** Hears how far it is, often. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
}

/** Which way something went: the receiver has acknowledged it, or the KDC keeps it for the receiver. */
export interface SendResult {
  /** `direct`: the receiver has acknowledged it. `stored`: the KDC keeps it for the receiver. */
  readonly route: 'direct' | 'stored'
}

/** What sending needs of a session. */
export interface SendingSession {
  readonly username: string
  connect(receiver: string, options: { readonly signal?: AbortSignal | undefined }): Promise<Channel>
}

// Nothing was said yet: there was no receiver, or none that could prove its name.
const AWAY: readonly string[] = ['receiver_offline', 'peer_unreachable', 'peer_silent', 'handshake_failed']

/** A channel to the receiver, or why there is none: the receiver is away. */
export type Reached = { readonly channel: Channel } | { readonly away: SymbolonError }

/**
 * Opens a channel, if the receiver can be reached.
 *
 * @param mayStore - what is sent may be stored at the KDC instead.
 * @throws as `Session.connect`; also why the receiver cannot be reached, when nothing may be stored.
 */
export async function connectOrStore(
  session: SendingSession,
  receiver: string,
  mayStore: boolean,
  signal?: AbortSignal,
): Promise<Reached> {
  try {
    return { channel: await session.connect(receiver, { signal }) }
  } catch (error) {
    if (!mayStore || !(error instanceof SymbolonError && AWAY.includes(error.code))) throw error
    return { away: error }
  }
}

/**
 * Sends one message over a channel, and waits until it is acknowledged. When it is not, the channel is destroyed.
 *
 * @throws TransportError `peer_silent` when that takes longer than `timeoutMs`; as `Channel.send`; the reason of `signal`.
 */
export async function deliver(
  channel: Channel,
  message: string | Uint8Array,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    await channel.send(message, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
  } catch (error) {
    const isStopped = signal?.aborted ?? false
    channel.destroy(isStopped ? 'stopped' : timeout.aborted ? 'timed_out' : 'gave_up')
    if (isStopped || !timeout.aborted) throw error
    const { username } = channel.peer
    const why = `${username} did not acknowledge the message within ${timeoutMs / 1000} s`
    throw new TransportError('peer_silent', why)
  }
}

/** What is said of a message that can neither be delivered nor stored, because its receiver has no keys to encrypt it with. */
export function whyNotStored(error: unknown, away: SymbolonError, receiver: string): unknown {
  if (!(error instanceof ProtocolError && error.code === 'receiver_unknown')) return error
  if (away.code !== 'receiver_offline') return away
  const why = `${receiver} is not listening anywhere, and nothing can wait for one who has never logged in`
  return new ProtocolError('receiver_offline', why, { cause: away })
}

/** `Session.send`, its arguments judged. */
export async function sendMessage(
  session: SendingSession,
  handle: MailboxAccess,
  receiver: string,
  message: string | Uint8Array,
  { store = true, timeoutMs = SEND_TIMEOUT_MS.message, signal }: SendOptions,
): Promise<SendResult> {
  const bytes = typeof message === 'string' ? utf8(message) : message
  if (bytes.length > MAX_MESSAGE_BYTES) {
    const why = `a message has at most ${MAX_MESSAGE_BYTES} bytes, not ${bytes.length}`
    throw new ProtocolError('message_too_large', why)
  }
  const reached = await connectOrStore(session, receiver, store, signal)
  if ('away' in reached) {
    const leave = () => leaveMessage(handle, { with: receiver }, bytes, { signal })
    return whenLeft(leave, reached.away, receiver, signal)
  }
  await directly(reached.channel, 'message', signal, (channel) => deliver(channel, bytes, timeoutMs, signal))
  return { route: 'direct' }
}

/** `Session.sendFile`, its arguments judged. */
export async function sendFile(
  session: SendingSession,
  handle: MailboxAccess,
  receiver: string,
  source: Source,
  { store = true, timeoutMs = SEND_TIMEOUT_MS.file, signal, onProgress }: SendFileOptions,
): Promise<SendResult> {
  const leave = () => leaveSource(handle, receiver, source, { signal, onProgress })
  const reached = await connectOrStore(session, receiver, store, signal)
  if ('away' in reached) return whenLeft(leave, reached.away, receiver, signal)
  let result: ItemResult | undefined
  await directly(reached.channel, 'file', signal, (channel) =>
    sendItems(channel.stream(), [source], {
      signal,
      patienceMs: timeoutMs,
      onProgress: ({ name, path, size }, bytes) => onProgress?.({ name, path, bytes, size }),
      onResult: (item, last) => {
        if (item.path === undefined) result = last
      },
    }),
  )
  if (!result) throw new CodecError('transfer: it ended without a word about the file')
  if (result.saved) return { route: 'direct' }
  if (!(store && result.byPeer && result.code === 'files_not_taken')) throw refused(result, receiver)
  return stored(await leave())
}

/** Sends something over a channel, which is over then. @throws TransportError `outcome_unknown`; the reason of `signal` */
async function directly(
  channel: Channel,
  what: string,
  signal: AbortSignal | undefined,
  send: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  try {
    await send(channel)
  } catch (error) {
    channel.destroy(signal?.aborted ? 'stopped' : 'gave_up')
    const { username } = channel.peer
    throw signal?.aborted ? error : inDoubt(error, `${username} may or may not have got the ${what}`)
  }
  // Acknowledged: an end that is not returned in good order changes nothing about that.
  await channel.close().catch(() => {})
}

/**
 * Leaves a file for one other or for a group.
 *
 * @throws ProtocolError `file_too_large` for what cannot be stored at the KDC; as `leaveFile`.
 */
export async function leaveSource(
  handle: MailboxAccess,
  to: string | { readonly group: string },
  source: Source,
  { signal, onProgress }: Pick<SendFileOptions, 'signal' | 'onProgress'>,
): Promise<StoreResult> {
  const { name } = source
  if (source.kind !== 'file') throw notStorable(`${name} is no file, and only files can be stored at the KDC`)
  const content = await source.open()
  try {
    const { size } = content
    if (!isSized(content)) throw notStorable(`the size of ${name} is not known`)
    if (content.size > MAX_FILE_BYTES) {
      throw notStorable(
        `${name} has ${size} bytes, and a file that is stored at the KDC ${MAX_FILE_BYTES} at most`,
      )
    }
    const file = { name, content }
    return await leaveFile(handle, typeof to === 'string' ? { with: to } : to, file, {
      signal,
      onProgress: (bytes) => onProgress?.({ name, bytes, size }),
    })
  } finally {
    await content.close()
  }
}

const isSized = (content: Content): content is Content & { size: number } => content.size !== undefined

const notStorable = (why: string) => new ProtocolError('file_too_large', why)

/**
 * Says of a message that the KDC may or may not have that it does.
 *
 * @throws TransportError `outcome_unknown`
 */
export function stored(sent: StoreResult): SendResult {
  if (sent.stored) return { route: 'stored' }
  throw inDoubt(
    sent.reason,
    'the KDC may or may not have it; it is kept, and sent again with whatever uses the mailbox next',
  )
}

/** Leaves something for a receiver who is away. */
async function whenLeft(
  leave: () => Promise<StoreResult>,
  away: SymbolonError,
  receiver: string,
  signal: AbortSignal | undefined,
): Promise<SendResult> {
  const sent = await untilAborted(leave, signal).catch((error: unknown) => {
    throw whyNotStored(error, away, receiver)
  })
  return stored(sent)
}

/** What came before it was known whether the other side has something. */
function inDoubt(error: unknown, words: string): unknown {
  if (!(error instanceof SymbolonError)) return error
  return new TransportError('outcome_unknown', `${words}: ${error.message}`, { cause: error })
}

function refused({ code, byPeer, cause }: Exclude<ItemResult, { saved: true }>, receiver: string): unknown {
  if (!byPeer && cause) return cause
  const known: ProtocolCode = OF_RECEIVERS.find((one) => one === code) ?? 'file_refused'
  return new ProtocolError(known, `${receiver} did not take the file: ${code}`, { cause })
}
