/** "What Diffie-Hellman gives should be hashed." HKDF does that. */
import { sha256, sides, Transcript } from '../solution/handshake.ts'

export const breaks = "alice's program opens message 2"

class Mine extends Transcript {
  override ee(shared: Uint8Array): void {
    this.mixKey(sha256(shared))
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
