/** "The keys are needed everywhere, so they stand at the top of the file." There is one top, and two conversations. */
import { EMPTY, encodeRecord, type Transport } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, type Talk } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let keys: Transport | undefined

const say = ({ wire, transport }: Talk, record: Uint8Array) =>
  wire.writeFrame((keys ?? transport).send.encryptWithAd(EMPTY, record))

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake, invitation) {
    await right.prove(wire, handshake, invitation)
    keys = handshake.transport
  },
  say,
  end: (talk) => say(talk, encodeRecord({ type: 'end' })),
})
