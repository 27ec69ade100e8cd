/** "The ticket goes first, in clear: what has the handshake to do with it?" Without it a handshake can be moved from one ticket to another. */
import { utf8 } from 'symbolon/protocol'
import { sha256, sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  constructor(ticket: Uint8Array) {
    super(ticket)
    this.h = sha256(utf8('Noise_NNpsk0_25519_ChaChaPoly_SHA256'))
    this.ck = this.h
    this.mixHash(utf8('symbolon/1 channel'))
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
