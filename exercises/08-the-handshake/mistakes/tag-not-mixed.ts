/** "The tag is only a check." It was said, so it is in the hash: message 2 answers this message 1. */
import { sides, Transcript } from '../solution/handshake.ts'

export const breaks = "alice's program opens message 2"

class Mine extends Transcript {
  #tags = 0

  override mixHash(data: Uint8Array): void {
    // The first tag only: with it the two hashes would still be the same at the end.
    if (data.length === 16 && this.#tags++ === 0) return
    super.mixHash(data)
  }
}

export const { begin, answer } = sides((ticket) => new Mine(ticket))
