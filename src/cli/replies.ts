/**
 * Whom a line typed at the receiver is for: whoever spoke last, or the one it names.
 *
 * @module
 */
import type { Channel } from '../lib/channel.ts'

/** The open channels, the one that spoke last at the end; those who have not spoken yet come before. */
export class Replies {
  readonly #channels: Channel[] = []

  /** Somebody connected, and has yet to speak. */
  connected(channel: Channel): void {
    this.#channels.unshift(channel)
  }

  /** Somebody spoke. */
  spoke(channel: Channel): void {
    this.left(channel)
    this.#channels.push(channel)
  }

  /** Somebody is gone. */
  left(channel: Channel): void {
    const index = this.#channels.indexOf(channel)
    if (index >= 0) this.#channels.splice(index, 1)
  }

  /**
   * Reads a typed line: `see you`, or `@alice see you`.
   *
   * @returns the channel it is for, if that one is open, and the text to send.
   */
  addressee(line: string): { channel: Channel | undefined; to: string | undefined; text: string } {
    const named = /^@([a-z0-9_][a-z0-9_.-]*)\s+(.*)$/is.exec(line)
    if (!named) {
      const last = this.#channels.at(-1)
      return { channel: last, to: last?.peer.username, text: line }
    }
    const to = named[1]?.toLowerCase()
    const channel = this.#channels.findLast((open) => open.peer.username === to)
    return { channel, to, text: named[2] ?? '' }
  }
}
