/**
 * What a receiver does with its channels: prints what comes, and takes replies typed on the terminal to those they are
 * for.
 *
 * @module
 */
import type { Channel } from '../lib/channel.ts'
import { SymbolonError } from '../lib/errors.ts'
import type { Message } from '../lib/message.ts'
import type { Conversation } from './conversation.ts'
import type { Output } from './events.ts'
import { Replies } from './replies.ts'

/** The channels of one receiver. */
export class Reception {
  readonly #output: Output
  readonly #terminal: () => Conversation | undefined
  readonly #replies = new Replies()

  /** @param terminal - where replies are typed, once there is one. */
  constructor(output: Output, terminal: () => Conversation | undefined) {
    this.#output = output
    this.#terminal = terminal
  }

  /**
   * Prints what one sender says, until it ends; each message is acknowledged once it has been written.
   *
   * @throws the error of an output that cannot be written to: the end of the tool, not of one channel.
   */
  async serve(channel: Channel): Promise<void> {
    const { username, address } = channel.peer
    this.#output.event('connected', { from: username, address })
    this.#replies.connected(channel)
    try {
      for (let message = await this.#next(channel); message; message = await this.#next(channel)) {
        this.#replies.spoke(channel)
        this.#showPrompt()
        await this.#output.said(username, message)
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
      this.#output.event('not_sent', { to }, to ? `${to} is not connected now` : 'nobody is connected now')
      return
    }
    channel.send(text).catch((error: Error) => {
      this.#output.event('not_sent', { to }, `${to} did not get that: ${error.message}`)
    })
  }

  async #next(channel: Channel): Promise<Message | undefined> {
    const from = channel.peer.username
    try {
      const message = await channel.receive()
      if (message) return message
      await channel.close()
      // Of use to somebody who might have answered.
      this.#output.event('ended', { from }, this.#terminal() && `${from} has left`)
    } catch (error) {
      if (!(error instanceof SymbolonError)) throw error
      const line = `${from}: ${error.message} (${error.code})`
      this.#output.event('channel_failed', { from, code: error.code }, line)
    }
    return undefined
  }

  #showPrompt(): void {
    const terminal = this.#terminal()
    terminal?.setPrompt(this.#replies.prompt(terminal.typing))
  }
}
