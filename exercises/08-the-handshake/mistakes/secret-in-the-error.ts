/** "A good error says what was tried." The secret is in a log now. */
import type { Secret } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'nothing secret is printed, or stands in an error'

class Mine extends Transcript {
  #secret = ''

  override psk(secret: Secret): void {
    super.psk(secret)
    this.#secret = secret.toText()
  }

  override check(tag: Uint8Array): void {
    try {
      super.check(tag)
    } catch {
      throw new Error(`this tag does not fit the secret ${this.#secret}`)
    }
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
