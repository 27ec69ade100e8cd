/** "The ticket is sealed, nobody can change it." Nobody can change it; but somebody could send another in its place. */
import { concat, HandshakeState, NNpsk0, u16, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

export const sendMessage: SendMessage = async (wire, { ticket, secret }) => {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: utf8('symbolon/1 channel'),
    psk: secret.reveal(),
  })
  wire.write(concat(Uint8Array.of(0x01), u16(ticket.length), ticket))
  wire.writeFrame(handshake.writeMessage())
  const message2 = await wire.readFrame(48, 48)
  if (!message2) throw new Error('bob hung up')
}
