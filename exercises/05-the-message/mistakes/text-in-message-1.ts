/**
 * "Message 1 takes a payload: one round trip saved." That payload is sealed by the secret alone. Whoever finds the
 * secret in a year reads it then, and whoever sends the recording again is alice again.
 */
import { concat, encodeRecord, HandshakeState, NNpsk0, u16, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { say, untilAcknowledged } from '../solution/message.ts'

export const breaks = 'not a word before message 2 is there'

export const sendMessage: SendMessage = async (wire, { ticket, secret }, text) => {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: concat(utf8('symbolon/1 channel'), ticket),
    psk: secret.reveal(),
  })
  wire.write(concat(Uint8Array.of(0x01), u16(ticket.length), ticket))
  wire.writeFrame(handshake.writeMessage(utf8(text)))
  const message2 = await wire.readFrame(48, 48)
  if (!message2) throw new Error('bob hung up')
  handshake.readMessage(message2)
  if (!handshake.transport) throw new Error('the handshake is not finished')
  say(wire, handshake.transport, encodeRecord({ type: 'end' }))
  await untilAcknowledged(wire, handshake.transport)
}
