/** "A public key is no secret, why should it go into the key?" Where there is a psk it makes k another for every handshake. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override e(publicKey: Uint8Array): void {
    this.mixHash(publicKey)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
