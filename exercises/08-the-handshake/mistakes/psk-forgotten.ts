/** "Diffie-Hellman makes the secret." With whom? Mallory has a key pair too. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override psk(): void {}
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
