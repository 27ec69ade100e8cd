/** "One conversation, one key." Then both count their nonces from 0 under it, and a message can be sent back to its author. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = 'both sides get the same two keys, one for each direction, and the same hash'

class Mine extends Transcript {
  override split(): [Uint8Array, Uint8Array] {
    const [key] = super.split()
    return [key, key]
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
