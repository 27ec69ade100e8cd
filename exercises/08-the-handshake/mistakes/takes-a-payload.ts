/** "Noise allows a payload, so I open whatever is there." This protocol does not: what alice seals in message 1 has no forward secrecy, and anybody can play it again. */
import { concat, open, ZERO_NONCE } from 'symbolon/protocol'
import type { Answer } from '../given.ts'
import { agree, publicKeyOf, Transcript } from '../solution/handshake.ts'

export { begin } from '../solution/handshake.ts'

export const breaks = 'a message that was changed, cut or lengthened is refused'

export const answer: Answer = (secret, ticket, message1, randomBytes) => {
  const transcript = new Transcript(ticket)
  const theirs = message1.slice(0, 32)
  transcript.psk(secret)
  transcript.e(theirs)
  open(transcript.k, ZERO_NONCE, transcript.h, message1.slice(32))
  transcript.mixHash(message1.slice(32))
  const own = randomBytes(32)
  transcript.e(publicKeyOf(own))
  transcript.ee(agree(own, theirs))
  const message2 = concat(publicKeyOf(own), transcript.tag())
  const [receive, send] = transcript.split()
  return { message2, keys: { send, receive, hash: transcript.h } }
}
