/** A receiver in a pipe: takes the first thing that comes, and passes its bytes on as they are; on a terminal, as lines of who sends them. */
import { untilAborted } from '../../lib/abort.ts'
import { EMPTY } from '../../lib/bytes.ts'
import type { Channel } from '../../lib/channel/channel.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { followMailbox } from '../../lib/mls/follow-mailbox.ts'
import type { MailMessage } from '../../lib/mls/mailbox.ts'
import type { Presence } from '../../lib/presence.ts'
import type { Session } from '../../lib/session.ts'
import type { FileSink } from '../../lib/transfer/index.ts'
import { ToolError, UsageError } from '../errors.ts'
import { isFile, saveFile } from '../mailbox/save-files.ts'
import { sizeText } from '../terminal/format.ts'
import { type ListenAddress, listenAt } from './listen.ts'
import { tellingTrouble } from './stored-messages.ts'
import { terminalBytes } from './terminal-bytes.ts'
import { type ReceiveSettings, takeItems } from './transfer.ts'

export const ONCE_OPTION = {
  once: { type: 'boolean', help: ['', 'write what comes first to stdout, as it is, and end'] },
} as const

/** @throws UsageError when events are to go where the bytes go. */
export function judgeOnce(values: {
  readonly once?: boolean | undefined
  readonly json?: boolean | undefined
}): void {
  if (values.once && values.json) {
    throw new UsageError('--once and --json do not go together', 'with --once, stdout is for what is sent')
  }
}

/** Stored messages of one look: files among them may have to be passed over. */
const LOOK_AT = 100

/**
 * Takes one thing, the oldest message stored at the KDC, or else what comes first: a message, a stream, or, where there is a place for them,
 * the files of one sender.
 *
 * @throws the reason of `settings.signal`; ToolError when what was written is incomplete; as `Session.listen`.
 */
export async function receiveOnce(
  session: Session,
  place: ListenAddress,
  settings: Omit<ReceiveSettings, 'streamTo'>,
): Promise<void> {
  const { output, saving, signal } = settings
  const { mailbox } = session
  const stdout = new ByteOutput(signal)
  let isBusy = false
  let isStream = false
  let done = () => {}
  let fail: (error: unknown) => void = () => {}
  const taken = new Promise<void>((resolve, reject) => {
    done = resolve
    fail = reject
  })
  taken.catch(() => {})
  signal.addEventListener('abort', () => {
    // What comes as a stream or as files ends by the same signal, and says how far it came.
    if (!isStream) fail(stdout.incomplete(signal.reason))
  })

  const write = async (from: string, bytes: Uint8Array) => {
    const writer = stdout.writer(from)
    await writer.write(bytes)
    await writer.finish()
  }
  const tell = (from: string, size: number) =>
    output.event('stream_taken', { from, size }, `took ${sizeText(size)} from ${from}`)

  const takeMessage = async (channel: Channel) => {
    const message = await channel.receive()
    if (!message) return
    await write(channel.peer.username, message.bytes)
    tell(channel.peer.username, message.bytes.length)
    // Acknowledges it. That its sender does not end in good order changes nothing about that.
    await channel.close().catch(() => {})
    done()
  }

  const takeStream = async (channel: Channel) => {
    isStream = true
    const streamTo = (from: string): FileSink => ({
      start: async () => {},
      ...stdout.writer(from),
      abandon: async () => {},
    })
    const { username } = channel.peer
    try {
      const { saved, failed, error } = await takeItems(channel.stream(), username, { ...settings, streamTo })
      if (!error) await channel.close().catch(() => {})
      // When nothing of it was taken, we wait for another.
      if (saved === 0 && stdout.bytes === 0 && !signal.aborted) isBusy = false
      else if (error) throw stdout.incomplete(error)
      else if (failed > 0) throw stdout.incomplete(new ToolError(`${failed} not saved`))
      else done()
    } finally {
      isStream = false
    }
  }

  /** Takes what one sender sends; another who comes meanwhile is told that we are busy. */
  const serve = async (channel: Channel) => {
    const { username: from } = channel.peer
    // Told so, no sender takes for delivered what was not written.
    const stop = () => channel.destroy('stopped')
    try {
      const kind = await channel.next()
      if (kind === undefined) return await channel.close()
      if (isBusy) return channel.destroy('busy')
      isBusy = true
      signal.addEventListener('abort', stop)
      await (kind === 'message' ? takeMessage(channel) : takeStream(channel))
    } catch (error) {
      if (isBusy || !(error instanceof SymbolonError)) return fail(error)
      output.event('channel_failed', { from, code: error.code }, `${from}: ${error.message}`)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** A message is marked as shown when it has been written: one whose writing fails stays new. */
  const takeStored = async (message: MailMessage) => {
    const { from, body } = message
    if (!saving || !isFile(message)) {
      await write(from, body)
      await mailbox.acknowledge(message)
      return tell(from, body.length)
    }
    const result = await saveFile(mailbox, output, message, saving)
    await mailbox.acknowledge(message)
    await output.stored(message, result)
    if (result.savedAs === undefined) throw new ToolError(`not saved: ${result.why}`, { code: result.code })
  }

  const oldest = () =>
    mailbox.use(async (opened) => {
      await opened.sync()
      const messages = await opened.unread('direct', LOOK_AT)
      return messages.find((one) => saving !== undefined || !isFile(one))
    })

  let looked = () => {}
  const hasLooked = new Promise<void>((resolve) => {
    looked = resolve
  })
  const look = async () => {
    try {
      const message = isBusy ? undefined : await oldest()
      if (!message || isBusy) return false
      isBusy = true
      await takeStored(message).then(done, fail)
    } finally {
      looked()
    }
    return false
  }
  let presence: Presence | undefined
  const onSessionEnd = () => presence?.hint()
  const over = new AbortController()
  const trouble = tellingTrouble(output)
  const watching = followMailbox(mailbox, look, { signal: over.signal, onSessionEnd, ...trouble })
  try {
    await Promise.race([hasLooked, taken])
    if (!isBusy) presence = await listenAt(session, output, place, serve, fail)
    await taken
  } finally {
    over.abort()
    await watching
    if (presence) await presence.close()
    else await session.logout().catch(() => {})
  }
}

/** Standard output, for bytes as they are; on a terminal, for lines of who sends them. */
class ByteOutput {
  readonly #signal: AbortSignal
  bytes = 0

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  writer(from: string): { write(bytes: Uint8Array): Promise<void>; finish(): Promise<void> } {
    const { isTTY, columns } = process.stdout
    if (!isTTY) return { write: (bytes) => this.#write(bytes), finish: async () => {} }
    const lines = terminalBytes(from, columns)
    return {
      write: (bytes) => this.#write(bytes, lines.take(bytes)),
      finish: () => this.#write(EMPTY, lines.end()),
    }
  }

  /**
   * Resolves when the reader of stdout has taken it, or the system for that reader, who may still be behind.
   *
   * @param shown - what is written in their place.
   * @throws the reason of the signal: the reader may have stopped.
   */
  async #write(bytes: Uint8Array, shown: Uint8Array | string = bytes): Promise<void> {
    const write = () => {
      this.bytes += bytes.length
      return new Promise<void>((resolve, reject) => {
        process.stdout.write(shown, (error) => (error ? reject(error) : resolve()))
      })
    }
    await untilAborted(write, this.#signal)
  }

  /** @returns the error for what ends now, if anything of it was written. */
  incomplete(cause: Error): Error {
    if (this.bytes === 0) return cause
    const code = cause instanceof SymbolonError ? cause.code : undefined
    return new ToolError(
      `what was written is incomplete, and to be thrown away: ${sizeText(this.bytes)}, then: ${cause.message}`,
      { code, leavesOutput: true, cause },
    )
  }
}
