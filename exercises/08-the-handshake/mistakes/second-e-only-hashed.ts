/** "For bob mixHash will do." The rule for e is the same in both messages. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "alice's program opens message 2"

class Mine extends Transcript {
  #keys = 0

  override e(publicKey: Uint8Array): void {
    this.mixHash(publicKey)
    if (this.#keys++ === 0) this.mixKey(publicKey)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
