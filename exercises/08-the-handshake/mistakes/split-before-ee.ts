/** "The keys are ready after message 1." They are, and so can eve have them as soon as she has the secret. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'who learns the secret later cannot read what was recorded'

class Mine extends Transcript {
  #before: Uint8Array = EMPTY

  override ee(shared: Uint8Array): void {
    this.#before = this.ck
    this.mixKey(shared)
  }

  override split(): [Uint8Array, Uint8Array] {
    const out = hkdf(EMPTY, this.#before, EMPTY, 64)
    return [out.slice(0, 32), out.slice(32)]
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
