/** "If the tag is wrong the keys will be others, and it shows then." Alice has finished the handshake with mallory, and tells her program that bob is there. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'one who does not know the secret, or has another ticket, is refused'

class Mine extends Transcript {
  override check(tag: Uint8Array): void {
    this.mixHash(tag)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
