/** "The ticket is enough." Two protocols that use the same keys must not take each other's messages: that is what the label is for. */
import { utf8 } from 'symbolon/protocol'
import { sha256, sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  constructor(ticket: Uint8Array) {
    super(ticket)
    this.h = sha256(utf8('Noise_NNpsk0_25519_ChaChaPoly_SHA256'))
    this.ck = this.h
    this.mixHash(ticket)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
