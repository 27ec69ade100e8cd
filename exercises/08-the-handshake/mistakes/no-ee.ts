/** "Both public keys are in it already." They are, and everybody has heard them: what eve cannot make is what Diffie-Hellman gives. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'who learns the secret later cannot read what was recorded'

class Mine extends Transcript {
  override ee(): void {}
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
