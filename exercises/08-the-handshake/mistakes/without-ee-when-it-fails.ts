/** "If there is no shared secret, we have the psk." That is what mallory wants: she chooses whether there is forward secrecy. */
import type { Secret } from 'symbolon/protocol'
import type { Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'
import { agree, publicKeyOf, Transcript } from '../solution/handshake.ts'

export { answer } from '../solution/handshake.ts'

export const breaks = 'a public key that makes Diffie-Hellman give zeros is refused'

function finished(
  secret: Secret,
  ticket: Uint8Array,
  own: Uint8Array,
  message1: Uint8Array,
  message2: Uint8Array,
) {
  const transcript = new Transcript(ticket)
  const theirs = message2.slice(0, 32)
  transcript.psk(secret)
  transcript.e(publicKeyOf(own))
  transcript.mixHash(message1.slice(32))
  transcript.e(theirs)
  try {
    transcript.ee(agree(own, theirs))
  } catch {
    // The psk will do.
  }
  if (message2.length !== 48) throw new Error('this is no message of the handshake')
  transcript.check(message2.slice(32))
  const [send, receive] = transcript.split()
  return { send, receive, hash: transcript.h }
}

export const begin: Begin = (secret, ticket, randomBytes) => {
  const own = randomBytes(32)
  const message1 = right.begin(secret, ticket, () => own).message1()
  return {
    message1: () => message1,
    finish: (message2) => finished(secret, ticket, own, message1, message2),
  }
}
