/** "Nothing is sealed, so nothing has to go with it." The tag of nothing, over nothing, shows only that k is the same. */
import { EMPTY, open, seal, ZERO_NONCE } from 'symbolon/protocol'
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "bob's program opens message 1"

class Mine extends Transcript {
  override tag(): Uint8Array {
    const tag = seal(this.k, ZERO_NONCE, EMPTY, EMPTY)
    this.mixHash(tag)
    return tag
  }

  override check(tag: Uint8Array): void {
    open(this.k, ZERO_NONCE, EMPTY, tag)
    this.mixHash(tag)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
