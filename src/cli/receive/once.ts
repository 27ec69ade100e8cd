/** A receiver in a pipe: takes the first thing that comes, and passes its bytes on as they are; on a terminal, as lines of who sends them. */
import type { Writable } from 'node:stream'
import { untilAborted } from '../../lib/abort.ts'
import { EMPTY } from '../../lib/bytes.ts'
import type { Channel } from '../../lib/channel/channel.ts'
import { SymbolonError } from '../../lib/errors.ts'
import { followMailbox } from '../../lib/mls/follow-mailbox.ts'
import type { MailMessage } from '../../lib/mls/mailbox.ts'
import type { MailboxHandle } from '../../lib/mls/mailbox-handle.ts'
import type { Presence } from '../../lib/presence.ts'
import type { Session } from '../../lib/session.ts'
import type { FileSink } from '../../lib/transfer/index.ts'
import { ToolError, UsageError } from '../errors.ts'
import { isFile, saveFile } from '../mailbox/save-files.ts'
import { sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { type ListenAddress, listenAt } from './listen.ts'
import { tellingTrouble } from './stored-messages.ts'
import { TerminalBytes } from './terminal-bytes.ts'
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

/**
 * Takes one thing: the oldest message stored at the KDC, or else what comes first.
 *
 * @throws the reason of `settings.signal`; ToolError when what was written is incomplete; as `Session.listen`.
 */
export async function receiveOnce(
  session: Session,
  place: ListenAddress,
  settings: ReceiveSettings,
): Promise<void> {
  const { output } = settings
  const once = new Once(settings)
  const over = new AbortController()
  let looked = () => {}
  const hasLooked = new Promise<void>((resolve) => {
    looked = resolve
  })
  const look = async () => {
    await once.takeStored(session.mailbox).finally(looked)
    return false
  }
  let presence: Presence | undefined
  const onSessionEnd = () => presence?.hint()
  const { signal } = over
  const watching = followMailbox(session.mailbox, look, { signal, onSessionEnd, ...tellingTrouble(output) })
  try {
    await Promise.race([hasLooked, once.taken])
    if (!once.isBusy) {
      presence = await listenAt(session, output, place, (channel) => once.serve(channel), once.fail)
    }
    await once.taken
  } finally {
    over.abort()
    await watching
    if (presence) await presence.close()
    else await session.logout().catch(() => {})
  }
}

/** Stored messages of one look: files among them may have to be passed over. */
const LOOK_AT = 100

/** Where the bytes go: a terminal has so many columns. */
type To = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Takes one thing: a message, a stream, or, where there is a place for them, the files of one sender. */
class Once {
  readonly #output: Output
  readonly #settings: ReceiveSettings
  readonly #to: To = process.stdout
  #isBusy = false
  #isStream = false
  /** Resolves when it has been taken; rejects when it broke in between. */
  readonly taken: Promise<void>
  /** Ends it otherwise. */
  readonly fail: (error: unknown) => void
  readonly #done: () => void
  #written = 0

  constructor(settings: Omit<ReceiveSettings, 'streamTo'>) {
    this.#output = settings.output
    this.#settings = { ...settings, streamTo: (from) => this.#sink(from) }
    let done = () => {}
    let fail: (error: unknown) => void = () => {}
    this.taken = new Promise((resolve, reject) => {
      done = resolve
      fail = reject
    })
    this.taken.catch(() => {})
    this.#done = done
    this.fail = fail
    settings.signal.addEventListener('abort', () => this.#stop(settings.signal.reason))
  }

  /** Whether something is being taken, or has been. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Takes what one sender sends; another who comes meanwhile is told that we are busy. */
  async serve(channel: Channel): Promise<void> {
    const { username: from } = channel.peer
    const { signal } = this.#settings
    // Told so, no sender takes for delivered what was not written.
    const stop = () => channel.destroy('stopped')
    try {
      const kind = await channel.next()
      if (kind === undefined) return await channel.close()
      if (this.#isBusy) return channel.destroy('busy')
      this.#isBusy = true
      signal.addEventListener('abort', stop)
      if (kind === 'message') await this.#message(channel)
      else await this.#stream(channel)
    } catch (error) {
      if (this.#isBusy || !(error instanceof SymbolonError)) return this.fail(error)
      this.#output.event('channel_failed', { from, code: error.code }, `${from}: ${error.message}`)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Takes the oldest stored message, if there is one. It is marked as shown when it has been written: one whose writing fails stays new. */
  async takeStored(mail: MailboxHandle): Promise<void> {
    if (this.#isBusy) return
    const { saving } = this.#settings
    const message = await mail.use(async (mailbox) => {
      await mailbox.sync()
      const messages = await mailbox.unread('direct', LOOK_AT)
      return messages.find((one) => saving !== undefined || !isFile(one))
    })
    if (!message || this.#isBusy) return
    this.#isBusy = true
    await this.#stored(mail, message).then(this.#done, this.fail)
  }

  async #stored(mail: MailboxHandle, message: MailMessage): Promise<void> {
    const { from, body } = message
    const { saving } = this.#settings
    if (!saving || !isFile(message)) {
      await this.#writeAll(from, body)
      await mail.acknowledge(message)
      return this.#tell(from, body.length)
    }
    const result = await saveFile(mail, this.#output, message, saving)
    await mail.acknowledge(message)
    await this.#output.stored(message, result)
    if (result.savedAs === undefined) throw new ToolError(`not saved: ${result.why}`, { code: result.code })
  }

  async #message(channel: Channel): Promise<void> {
    const message = await channel.receive()
    if (!message) return
    await this.#writeAll(channel.peer.username, message.bytes)
    this.#tell(channel.peer.username, message.bytes.length)
    // Acknowledges it. That its sender does not end in good order changes nothing about that.
    await channel.close().catch(() => {})
    this.#done()
  }

  async #stream(channel: Channel): Promise<void> {
    const { signal } = this.#settings
    this.#isStream = true
    const stream = channel.stream()
    try {
      const { saved, failed, error } = await takeItems(stream, channel.peer.username, this.#settings)
      if (!error) await channel.close().catch(() => {})
      if (error && this.#written > 0) throw incomplete(this.#written, error)
      if (saved === 0 && !signal.aborted) {
        // Nothing of it was taken: we wait for another.
        this.#isBusy = false
        return
      }
      if (error) throw error
      if (failed > 0) throw new ToolError(`${failed} not saved`)
      this.#done()
    } finally {
      this.#isStream = false
    }
  }

  async #writeAll(from: string, bytes: Uint8Array): Promise<void> {
    const { write, finish } = this.#writer(from)
    await write(bytes)
    await finish()
  }

  #sink(from: string): FileSink {
    return { start: async () => {}, ...this.#writer(from), abandon: async () => {} }
  }

  #writer(from: string): { write(bytes: Uint8Array): Promise<void>; finish(): Promise<void> } {
    // Written is not enough: the program that reads may still be behind.
    if (!this.#to.isTTY) return { write: (bytes) => this.#write(bytes), finish: async () => {} }
    const said = new TerminalBytes(from, this.#to.columns)
    return {
      write: (bytes) => this.#write(bytes, said.take(bytes)),
      finish: () => this.#write(EMPTY, said.end()),
    }
  }

  /**
   * Resolves when the reader of stdout has taken it, or the system for that reader.
   *
   * @param shown - what is written in their place.
   * @throws the reason of the signal: the reader may have stopped.
   */
  async #write(bytes: Uint8Array, shown: Uint8Array | string = bytes): Promise<void> {
    const { signal } = this.#settings
    signal.throwIfAborted()
    this.#written += bytes.length
    const written = new Promise<void>((resolve, reject) => {
      this.#to.write(shown, (error) => (error ? reject(error) : resolve()))
    })
    await untilAborted(written, signal)
  }

  // What comes as a stream or as files ends by the same signal, and says how far it came.
  #stop(reason: Error): void {
    if (!this.#isStream) this.fail(this.#written > 0 ? incomplete(this.#written, reason) : reason)
  }

  #tell(from: string, bytes: number): void {
    this.#output.event('stream_taken', { from, size: bytes }, `took ${sizeText(bytes)} from ${from}`)
  }
}

function incomplete(bytes: number, cause: Error): ToolError {
  const code = cause instanceof SymbolonError ? cause.code : undefined
  return new ToolError(
    `what was written is incomplete, and to be thrown away: ${sizeText(bytes)}, then: ${cause.message}`,
    { code, leavesOutput: true, cause },
  )
}
