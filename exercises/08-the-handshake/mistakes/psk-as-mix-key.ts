/** "A key is a key, so mixKey." The psk step takes 96 bytes of HKDF, and mixes a part into the hash. */
import type { Secret } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override psk(secret: Secret): void {
    this.mixKey(secret.reveal())
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
