/** "hkdf(ck, ikm), in the order of the names." The chaining key is the salt. */
import { EMPTY, hkdf, type Secret } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override mixKey(ikm: Uint8Array): void {
    const out = hkdf(this.ck, ikm, EMPTY, 64)
    this.ck = out.slice(0, 32)
    this.k = out.slice(32)
  }

  override psk(secret: Secret): void {
    const out = hkdf(this.ck, secret.reveal(), EMPTY, 96)
    this.ck = out.slice(0, 32)
    this.mixHash(out.slice(32, 64))
    this.k = out.slice(64)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
