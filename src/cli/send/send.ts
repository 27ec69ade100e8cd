/** Sending what a command line says: a message, a stream, files; straight to the receiver, or by way of the KDC. */
import type { Channel } from '../../lib/channel/channel.ts'
import { connectOrStore, deliver, whyNotStored } from '../../lib/connect-or-store.ts'
import type { SymbolonError } from '../../lib/errors.ts'
import { storeMessage } from '../../lib/mls/store-messages.ts'
import type { Session } from '../../lib/session.ts'
import { EXIT, ToolError } from '../errors.ts'
import { requireStored } from '../mailbox/messages.ts'
import { stopping } from '../stop.ts'
import type { Output } from '../terminal/output.ts'
import { sendDirectly } from './direct.ts'
import type { OutgoingItems } from './outgoing-items.ts'
import { type Input, pipeSource } from './stdin.ts'
import { storeFiles } from './stored-files.ts'

export interface Sending {
  readonly session: Session
  readonly output: Output
  readonly receiver: string
  /** Whether what cannot be delivered may be stored at the KDC. */
  readonly mayStore: boolean
  readonly timeoutSec: { readonly message: number; readonly files: number }
}

/** Sends all of it over one channel; what cannot be delivered now waits at the KDC, if it may. */
export async function sendAll(
  sending: Sending,
  input: Input | undefined,
  items: OutgoingItems,
): Promise<void> {
  const { session, output, receiver, mayStore, timeoutSec } = sending
  const reached = await connectOrStore(session, receiver, mayStore)
  if ('away' in reached) return storeAll(sending, input, items, reached.away)
  const { channel } = reached
  let failure: ToolError | undefined
  try {
    if (input && 'message' in input) {
      await deliver(channel, input.message, 1000 * timeoutSec.message)
      output.event('delivered', { to: receiver }, `delivered to ${receiver}`)
    } else if (input) {
      failure = await sendStream(sending, channel, input.pieces, items.count > 0)
    }
    if (items.count > 0 && !failure) failure = await sendItems(sending, channel, items, input !== undefined)
  } catch (error) {
    // What is over in good order is acknowledged; what is not must not look so.
    channel.destroy()
    throw error
  }
  // Delivered: an end that is not returned in good order changes nothing about that.
  await channel.close().catch(() => {})
  if (failure && (failure.code !== 'files_not_taken' || !mayStore)) throw failure
  if (failure) await storeItems(sending, items, false)
}

/** @returns why it was not delivered. */
async function sendStream(
  { output, receiver, timeoutSec }: Sending,
  channel: Channel,
  pieces: AsyncIterable<Uint8Array>,
  beforeFiles: boolean,
): Promise<ToolError | undefined> {
  const sources = [pipeSource(pieces)]
  const signal = stoppingWith(channel)
  const options = { to: receiver, sources, timeoutSec: timeoutSec.files, signal }
  const sent = await sendDirectly(channel.stream(), output, options)
  if (sent.failed === 0) return undefined
  const code = sent.refusal
  const rest = beforeFiles ? ': no file was sent' : ''
  if (code !== 'stream_not_taken') return new ToolError(`not delivered${rest}`, { code })
  const why = `${receiver}'s receiver takes no stream, and this is too long for a message (1 MiB)${rest}`
  const hint = `${receiver} can run it with --once; or send it as a file: --file - --name NAME`
  return new ToolError(why, { hint, code })
}

/** @returns why not all were delivered. */
async function sendItems(
  { output, receiver, timeoutSec }: Sending,
  channel: Channel,
  items: OutgoingItems,
  afterMessage: boolean,
): Promise<ToolError | undefined> {
  const { sources } = items
  const totals = await items.totals()
  const stream = channel.stream()
  // Meanwhile the receiver's user may answer.
  void hear(channel, output)
  const signal = stoppingWith(channel)
  const options = { to: receiver, sources, totals, timeoutSec: timeoutSec.files, afterMessage, signal }
  const sent = await sendDirectly(stream, output, options)
  if (sent.failed === 0) return undefined
  if (sent.refusal === 'files_not_taken') {
    const hint = `${receiver} can run it with --output DIR; without --no-store they can wait at the KDC`
    const options = { hint, code: sent.refusal, exitCode: EXIT.tryLater }
    return new ToolError(`${receiver}'s receiver takes no files now`, options)
  }
  return new ToolError(`${items.count - sent.delivered} of ${items.count} not delivered`)
}

/** Ctrl+C, of which the receiver is told. */
function stoppingWith(channel: Channel): AbortSignal {
  const signal = stopping()
  signal.addEventListener('abort', () => channel.destroy('stopped'))
  return signal
}

async function hear(channel: Channel, output: Output): Promise<void> {
  try {
    for await (const message of channel) await output.said(channel.peer.username, message)
  } catch {
    // The transfer says what is wrong with the channel.
  }
}

async function storeAll(
  sending: Sending,
  input: Input | undefined,
  items: OutgoingItems,
  away: SymbolonError,
): Promise<void> {
  const { session, output, receiver } = sending
  if (input && 'pieces' in input) {
    const why = `${receiver} is away, and a stream cannot wait at the KDC: it takes messages of 1 MiB at most`
    const hint = `send it when ${receiver} runs a receiver with --once`
    throw new ToolError(why, { hint, exitCode: EXIT.tryLater, code: 'receiver_offline', cause: away })
  }
  if (items.count > 0) items.judgeStorable(receiver, true)
  if (input) {
    try {
      requireStored(output, await storeMessage(session.mailbox, { with: receiver }, input.message))
    } catch (error) {
      throw whyNotStored(error, away, receiver)
    }
    output.event('stored', { to: receiver }, `stored for ${receiver}, who is away`)
  }
  if (items.count > 0) await storeItems(sending, items, true)
}

/** Stores files at the KDC, until Ctrl+C. */
async function storeItems(
  { session, output, receiver }: Sending,
  items: OutgoingItems,
  isAway: boolean,
): Promise<void> {
  const files = await items.storable(receiver, isAway)
  await storeFiles(session.mailbox, output, { with: receiver }, files, stopping())
}
