/** "Alice's key and bob's, put together: ee." Everybody has heard both. */
import { concat, EMPTY } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'who learns the secret later cannot read what was recorded'

class Mine extends Transcript {
  #heard: Uint8Array = EMPTY

  override e(publicKey: Uint8Array): void {
    super.e(publicKey)
    this.#heard = concat(this.#heard, publicKey)
  }

  override ee(): void {
    this.mixKey(this.#heard)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
