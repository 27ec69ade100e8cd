/** "It is in the key, that is enough." The hash is of all that was said. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override e(publicKey: Uint8Array): void {
    this.mixKey(publicKey)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
