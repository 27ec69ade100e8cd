/** Sending files, or a stream, to a receiver who is there. */
import type { Duplex } from 'node:stream'
import { SymbolonError, TransportError } from '../../lib/errors.ts'
import { type Source, sendItems } from '../../lib/transfer/index.ts'
import { EXIT, ToolError } from '../errors.ts'
import type { Output } from '../terminal/output.ts'
import type { TransferTotal } from '../terminal/progress.ts'
import { SentItems } from './sent-items.ts'

/** A sender who hears nothing for so long would wonder: the receiver's user may be thinking about it. */
const WAITING_MS = 3000

export interface SendDirectly {
  readonly to: string
  readonly sources: readonly Source[]
  /** How much that is, if it is known. */
  readonly total?: TransferTotal | undefined
  /** How long the receiver may let us wait. */
  readonly timeoutSec: number
  /** A message that stood beside it is delivered, and would come once more. */
  readonly afterMessage?: boolean | undefined
  /** Ctrl+C. */
  readonly signal: AbortSignal
}

/**
 * Sends all over one stream, and tells what becomes of each.
 *
 * @returns what was delivered, once the receiver has said so of each.
 * @throws ToolError when it was stopped, or cut: what was done, and how to go on.
 */
export async function sendDirectly(
  stream: Duplex,
  output: Output,
  { to, sources, total, timeoutSec, afterMessage, signal }: SendDirectly,
): Promise<SentItems> {
  const sent = new SentItems(output, to, total)
  const waiting = setTimeout(() => {
    output.event('waiting', { for: to }, `waiting for ${to}, who may be asked whether to take it`)
  }, WAITING_MS)
  const heard = <A extends unknown[]>(tell: (...args: A) => void) => {
    return (...args: A) => {
      clearTimeout(waiting)
      tell(...args)
    }
  }
  try {
    await sendItems(stream, sources, {
      signal,
      totals: { files: total?.files, bytes: total?.size },
      patienceMs: timeoutSec * 1000,
      onStart: heard(sent.onStart),
      onProgress: sent.onProgress,
      onResult: heard(sent.onResult),
    })
    return sent
  } catch (error) {
    sent.end()
    throw cutShort(error, sent, { to, timeoutSec, afterMessage, signal })
  } finally {
    clearTimeout(waiting)
    sent.end()
  }
}

function cutShort(
  error: unknown,
  sent: SentItems,
  { to, timeoutSec, afterMessage, signal }: Omit<SendDirectly, 'sources' | 'total'>,
): unknown {
  const again = afterMessage ? 'the same command without the message' : 'the same command again'
  const hint = sent.canResume
    ? `${again} goes on from what has arrived`
    : 'what comes from a pipe begins anew when it is sent again'
  if (signal.aborted) return new ToolError(`stopped: ${sent.story()}`, { hint, cause: error })
  const { code, message } = error as SymbolonError
  const isCut = error instanceof TransportError || code === 'channel_aborted'
  if (!(error instanceof SymbolonError) || !isCut) return error
  const what = code === 'peer_silent' ? `${to} took nothing for ${timeoutSec} s` : message
  return new ToolError(`${what}: ${sent.story()}`, { hint, code, exitCode: EXIT.tryLater, cause: error })
}
