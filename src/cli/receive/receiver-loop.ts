/** What a receiver does with its channels: prints what comes, saves files, and takes replies typed on the terminal to those they are for. */
import type { Channel } from '../../lib/channel/channel.ts'
import type { IncomingKind } from '../../lib/channel/inbox.ts'
import { SymbolonError } from '../../lib/errors.ts'
import type { ChatTerminal } from '../terminal/chat-terminal.ts'
import type { Output } from '../terminal/output.ts'
import { type ReceiveSettings, takeItems } from './transfer.ts'

export class ReceiverLoop {
  readonly #output: Output
  readonly #screen: { readonly conversation: ChatTerminal | undefined }
  readonly #replies = new Replies()
  readonly #settings: ReceiveSettings
  /** Whose files are coming. */
  readonly #sending = new Set<Channel>()

  /**
   * @param screen - where replies are typed, once there is a conversation.
   * @param settings - what becomes of files.
   */
  constructor(screen: { readonly conversation: ChatTerminal | undefined }, settings: ReceiveSettings) {
    this.#output = settings.output
    this.#screen = screen
    this.#settings = settings
  }

  /**
   * Prints what one sender says, and takes its files, until it ends; each message is acknowledged once it has been written.
   *
   * @throws the error of an output that cannot be written to: the end of the tool, not of one channel.
   */
  async serve(channel: Channel): Promise<void> {
    const { username, address } = channel.peer
    this.#output.event('connected', { from: username, address })
    this.#replies.connected(channel)
    try {
      for (let kind = await this.#next(channel); kind; kind = await this.#next(channel)) {
        if (kind === 'message') await this.#message(channel)
        else if (!(await this.#files(channel))) break
      }
    } finally {
      this.#replies.left(channel)
      this.#showPrompt()
    }
  }

  /** Sends a typed line to whom it is for. */
  readonly reply = (line: string): void => {
    const { channel, to, text } = this.#replies.addressee(line)
    this.#showPrompt()
    if (line.trim() === '') return
    if (!channel) {
      this.#output.event('not_sent', { to }, this.#whyNot(to))
      return
    }
    channel.send(text).catch((error: Error) => {
      this.#output.event('not_sent', { to }, `${to} did not get that: ${error.message}`)
    })
  }

  #whyNot(to: string | undefined): string {
    const sending = [...this.#sending].map(({ peer }) => peer.username)
    const busy = to === undefined ? sending[0] : sending.find((name) => name === to)
    if (busy !== undefined) return `not sent: ${busy} can be written to when the files are here`
    return to ? `${to} is not connected now` : 'nobody is connected now'
  }

  async #message(channel: Channel): Promise<void> {
    const message = await channel.receive()
    if (!message) return
    this.#replies.spoke(channel)
    this.#showPrompt()
    await this.#output.said(channel.peer.username, message)
  }

  /** @returns whether the channel can go on. */
  async #files(channel: Channel): Promise<boolean> {
    // What is typed would have to wait until they are here.
    this.#replies.left(channel)
    this.#sending.add(channel)
    this.#showPrompt()
    const stop = () => channel.destroy('stopped')
    const { signal } = this.#settings
    try {
      const stream = channel.stream()
      // The sender is told so: it may be sent again.
      signal.addEventListener('abort', stop)
      const { error } = await takeItems(stream, channel.peer.username, this.#settings)
      if (!error) this.#replies.connected(channel)
      return !error
    } finally {
      this.#sending.delete(channel)
      signal.removeEventListener('abort', stop)
    }
  }

  /** What comes next from one sender; nothing when it has ended, in whatever way, which is told. */
  async #next(channel: Channel): Promise<IncomingKind | undefined> {
    const from = channel.peer.username
    try {
      const kind = await channel.next()
      if (kind) return kind
      await channel.close()
      // Of use to a user who might have answered.
      this.#output.event('ended', { from }, this.#screen.conversation && `${from} has left`)
    } catch (error) {
      if (!(error instanceof SymbolonError)) throw error
      const line = `${from}: ${error.message} (${error.code})`
      this.#output.event('channel_failed', { from, code: error.code }, line)
    }
    return undefined
  }

  #showPrompt(): void {
    const terminal = this.#screen.conversation
    terminal?.setPrompt(this.#replies.prompt(terminal.typing))
  }
}

/**
 * Which of the open channels a typed line is for: that of the sender whom the prompt names, or of the one that the line names itself. The one
 * that spoke last is at the end; those that have not spoken yet come before.
 *
 * The prompt names who spoke last, but stays while a line is being typed: a sender who speaks at the wrong moment must not receive what was
 * meant for another.
 */
export class Replies {
  readonly #channels: Channel[] = []
  #named: Channel | undefined

  /** A sender connected, and has yet to speak. */
  connected(channel: Channel): void {
    this.#channels.unshift(channel)
  }

  spoke(channel: Channel): void {
    this.left(channel)
    this.#channels.push(channel)
  }

  left(channel: Channel): void {
    const index = this.#channels.indexOf(channel)
    if (index >= 0) this.#channels.splice(index, 1)
  }

  /** The prompt, and with it the one it names. @param typing - whether a line has been begun: then both stay as they are. */
  prompt(typing: boolean): string {
    if (!typing) this.#named = this.#channels.at(-1)
    return this.#named ? `to ${this.#named.peer.username}> ` : '> '
  }

  /** Reads a typed line: `see you`, or `@alice see you`. @returns the channel it is for, if that one is open, and the text to send. */
  addressee(line: string): { channel: Channel | undefined; to: string | undefined; text: string } {
    const named = /^@([a-z0-9_][a-z0-9_.-]*)\s+(.*)$/is.exec(line)
    if (!named) {
      const open = this.#named && this.#channels.includes(this.#named)
      return { channel: open ? this.#named : undefined, to: this.#named?.peer.username, text: line }
    }
    const to = named[1]?.toLowerCase()
    const channel = this.#channels.findLast((open) => open.peer.username === to)
    return { channel, to, text: named[2] ?? '' }
  }
}
