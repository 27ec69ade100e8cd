/** What a receiver does with its channels: prints what comes, saves files, and takes replies typed on the terminal to those they are for. */
import type { Channel } from '../../lib/channel/channel.ts'
import type { IncomingKind } from '../../lib/channel/inbox.ts'
import { SymbolonError } from '../../lib/errors.ts'
import type { ChatTerminal } from '../terminal/chat-terminal.ts'
import { type ReceiveSettings, takeItems } from './transfer.ts'

/** Serves the channels of one receiver. @param screen - where replies are typed, once there is a conversation. */
export function receiverLoop(
  screen: { readonly conversation: ChatTerminal | undefined },
  settings: ReceiveSettings,
) {
  const { output, signal } = settings
  const replies = new Replies()
  /** Their files are coming. */
  const sending = new Set<Channel>()

  const showPrompt = () => {
    const terminal = screen.conversation
    terminal?.setPrompt(replies.prompt(terminal.typing))
  }

  const whyNot = (to: string | undefined) => {
    const names = [...sending].map(({ peer }) => peer.username)
    const busy = to === undefined ? names[0] : names.find((name) => name === to)
    if (busy !== undefined) return `not sent: ${busy} can be written to when the files are here`
    return to ? `${to} is not connected now` : 'nobody is connected now'
  }

  /** Sends a typed line to its addressee. */
  const reply = (line: string): void => {
    const { channel, to, text } = replies.addressee(line)
    showPrompt()
    const tell = (why: string) => output.event('not_sent', { to }, why)
    if (line.trim() === '') return
    if (!channel) tell(whyNot(to))
    else channel.send(text).catch((error: Error) => tell(`${to} did not get that: ${error.message}`))
  }

  const takeMessage = async (channel: Channel) => {
    const message = await channel.receive()
    if (!message) return
    replies.spoke(channel)
    showPrompt()
    await output.said(channel.peer.username, message)
  }

  /** @returns whether the channel can go on. */
  const takeFiles = async (channel: Channel): Promise<boolean> => {
    // What is typed would have to wait until they are here.
    replies.left(channel)
    sending.add(channel)
    showPrompt()
    const stop = () => channel.destroy('stopped')
    try {
      const stream = channel.stream()
      // The sender is told so: it may be sent again.
      signal.addEventListener('abort', stop)
      const { error } = await takeItems(stream, channel.peer.username, settings)
      if (!error) replies.connected(channel)
      return !error
    } finally {
      sending.delete(channel)
      signal.removeEventListener('abort', stop)
    }
  }

  /** What comes next from one sender; nothing when it has ended, in whatever way, which is told. */
  const nextOf = async (channel: Channel): Promise<IncomingKind | undefined> => {
    const from = channel.peer.username
    try {
      const kind = await channel.next()
      if (kind) return kind
      await channel.close()
      // Of use to a user who might have answered.
      output.event('ended', { from }, screen.conversation && `${from} has left`)
    } catch (error) {
      if (!(error instanceof SymbolonError)) throw error
      const line = `${from}: ${error.message} (${error.code})`
      output.event('channel_failed', { from, code: error.code }, line)
    }
    return undefined
  }

  /** Prints what one sender says, and takes its files, until it ends; each message is acknowledged once it has been written. */
  const serve = async (channel: Channel): Promise<void> => {
    const { username, address } = channel.peer
    output.event('connected', { from: username, address })
    replies.connected(channel)
    try {
      for (let kind = await nextOf(channel); kind; kind = await nextOf(channel)) {
        if (kind === 'message') await takeMessage(channel)
        else if (!(await takeFiles(channel))) break
      }
    } finally {
      replies.left(channel)
      showPrompt()
    }
  }

  return { serve, reply }
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
