/** "Whoever is not bob cannot read it anyway." Not today: the secret may leak, and then the recording opens. */
import { concat, EMPTY, HandshakeState, hkdf, NNpsk0, seal, u16, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'

export const breaks = 'not a word before message 2 is there'

export const sendMessage: SendMessage = async (wire, { ticket, secret }, text) => {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: concat(utf8('symbolon/1 channel'), ticket),
    psk: secret.reveal(),
  })
  wire.write(concat(Uint8Array.of(0x01), u16(ticket.length), ticket))
  wire.writeFrame(handshake.writeMessage())
  const key = hkdf(secret.reveal(), ticket, 'early')
  wire.writeFrame(seal(key, ZERO_NONCE, EMPTY, utf8(text)))
  const message2 = await wire.readFrame(48, 48)
  if (!message2) throw new Error('bob hung up')
  handshake.readMessage(message2)
}
