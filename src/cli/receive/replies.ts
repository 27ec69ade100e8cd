/**
 * Whom a line typed at the receiver is for: the sender whom the prompt names, or the one that the line names itself.
 *
 * The prompt names who spoke last, but stays while a line is being typed: a sender who speaks at the wrong moment must not
 * receive what was meant for another.
 *
 * @module
 */
import type { Channel } from '../../lib/channel/channel.ts'

/** The open channels, the one that spoke last at the end; those who have not spoken yet come before. */
export class Replies {
  readonly #channels: Channel[] = []
  #named: Channel | undefined

  /** A sender connected, and has yet to speak. */
  connected(channel: Channel): void {
    this.#channels.unshift(channel)
  }

  /** A sender spoke. */
  spoke(channel: Channel): void {
    this.left(channel)
    this.#channels.push(channel)
  }

  /** A sender is gone. */
  left(channel: Channel): void {
    const index = this.#channels.indexOf(channel)
    if (index >= 0) this.#channels.splice(index, 1)
  }

  /**
   * The prompt, and with it the one it names.
   *
   * @param typing - whether a line has been begun: then both stay as they are.
   */
  prompt(typing: boolean): string {
    if (!typing) this.#named = this.#channels.at(-1)
    return this.#named ? `to ${this.#named.peer.username}> ` : '> '
  }

  /**
   * Reads a typed line: `see you`, or `@alice see you`.
   *
   * @returns the channel it is for, if that one is open, and the text to send.
   */
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
