/**
 * "In TLS the header is authenticated." Here a frame's length is not: a wrong one cuts the frame, and it does
 * not open.
 */
import { u16 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = "the message is sealed with the handshake's sending key"

export const sendMessage: SendMessage = alice({
  say: ({ wire, transport }, record) =>
    wire.writeFrame(transport.send.encryptWithAd(u16(record.length + 16), record)),
})
