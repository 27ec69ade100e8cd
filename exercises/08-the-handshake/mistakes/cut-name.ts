/** "h has 32 bytes, so I cut the name." A name longer than 32 bytes is hashed; only a shorter one is filled up with zeros. */
import { concat, utf8 } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  constructor(ticket: Uint8Array) {
    super(ticket)
    this.h = utf8('Noise_NNpsk0_25519_ChaChaPoly_SHA256').slice(0, 32)
    this.ck = this.h
    this.mixHash(concat(utf8('symbolon/1 channel'), ticket))
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
