/** "Bob has the ticket, so it is bob." Whether it is shows in the tag of message 2 alone. */
import { sides, Transcript } from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'one who does not know the secret, or has another ticket, is refused'

class Alice extends Transcript {
  override check(tag: Uint8Array): void {
    this.mixHash(tag)
  }
}

export const { begin } = sides((ticket) => new Alice(ticket))
