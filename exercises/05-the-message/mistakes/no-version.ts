/** "There is only one version." Then bob takes the ticket's length for it, and closes. */
import { concat, HandshakeState, NNpsk0, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'

export const breaks =
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'

export const sendMessage: SendMessage = async (wire, { ticket, secret }) => {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: concat(utf8('symbolon/1 channel'), ticket),
    psk: secret.reveal(),
  })
  wire.writeFrame(ticket)
  wire.writeFrame(handshake.writeMessage())
  const message2 = await wire.readFrame(48, 48)
  if (!message2) throw new Error('bob hung up')
}
