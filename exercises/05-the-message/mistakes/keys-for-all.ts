/**
 * "The text is needed everywhere, so it stands at the top of the file." There is one top, and two
 * conversations.
 */
import { EMPTY, type Transport } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let shared: Transport | undefined

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake, invitation) {
    await right.prove(wire, handshake, invitation)
    shared = handshake.transport
  },
  say: ({ wire, transport }, record) =>
    wire.writeFrame((shared ?? transport).send.encryptWithAd(EMPTY, record)),
})
