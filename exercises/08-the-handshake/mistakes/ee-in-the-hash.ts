/** "It goes into the hash, like all the rest." The hash is no key: nothing is ever sealed with it. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'who learns the secret later cannot read what was recorded'

class Mine extends Transcript {
  override ee(shared: Uint8Array): void {
    this.mixHash(shared)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
