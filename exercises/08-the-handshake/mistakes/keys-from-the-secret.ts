/** "The handshake shows that it is bob. Then we use our secret." Two right messages, and all that is said is open to one who finds the secret later. */
import { EMPTY, hkdf, type Secret } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'who learns the secret later cannot read what was recorded'

class Mine extends Transcript {
  #secret: Uint8Array = EMPTY

  override psk(secret: Secret): void {
    super.psk(secret)
    this.#secret = secret.reveal()
  }

  override split(): [Uint8Array, Uint8Array] {
    const out = hkdf(this.#secret, EMPTY, EMPTY, 64)
    return [out.slice(0, 32), out.slice(32)]
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
