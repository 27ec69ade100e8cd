/**
 * Exercise 05, solved: message 5, from alice to bob without the KDC.
 *
 * @module
 */
import {
  type ChannelRecord,
  concat,
  decodeRecords,
  EMPTY,
  encodeMessage,
  encodeRecord,
  HandshakeState,
  NNpsk0,
  type Transport,
  u16,
  utf8,
  type Wire,
} from 'symbolon/protocol'
import type { Invitation } from '../given.ts'

const VERSION = Uint8Array.of(0x01)
const NOISE_MESSAGE_BYTES = 48
/** A record's three bytes and the tag; the most that two bytes of length can say. */
const MIN_FRAME_BYTES = 19
const MAX_FRAME_BYTES = 65_535

/** Sends one text to bob: docs/protocol.md §5, and §5.6 shows it. */
export async function sendMessage(wire: Wire, invitation: Invitation, text: string): Promise<void> {
  try {
    const transport = await shakeHands(wire, invitation)
    for (const record of encodeMessage(utf8(text))) say(wire, transport, record)
    await untilAcknowledged(wire, transport)
  } finally {
    wire.end()
  }
}

/** §5.1: when this returns, whoever is there has proved that it knows the secret, and has heard nothing yet. */
export async function shakeHands(wire: Wire, { ticket, secret }: Invitation): Promise<Transport> {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    // What is in the prologue, both sides must have read alike; it binds this handshake to this ticket.
    prologue: concat(utf8('symbolon/1 channel'), ticket),
    psk: secret.reveal(),
  })
  wire.write(concat(VERSION, u16(ticket.length), ticket))
  wire.writeFrame(handshake.writeMessage())
  const message2 = await wire.readFrame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES)
  if (!message2) throw new Error('bob hung up instead of proving who he is')
  // Throws when message 2 was made without the secret: here an impostor is found out.
  handshake.readMessage(message2)
  if (!handshake.transport) throw new Error('the handshake is not finished')
  return handshake.transport
}

/** §5.2: one record, sealed under the handshake's sending key; the nonce counts by itself. */
export function say(wire: Wire, { send }: Transport, record: Uint8Array): void {
  wire.writeFrame(send.encryptWithAd(EMPTY, record))
}

/** §5.2 and §5.3: the next records from bob. Nobody else can make a frame that opens here. */
export async function hear(wire: Wire, { receive }: Transport): Promise<ChannelRecord[]> {
  const frame = await wire.readFrame(MIN_FRAME_BYTES, MAX_FRAME_BYTES)
  if (!frame) throw new Error('the connection was cut before bob said his end')
  return decodeRecords(receive.decryptWithAd(EMPTY, frame))
}

/** §5.4 and §5.5: waits until bob has handled the message, says our end, and waits for his. */
export async function untilAcknowledged(wire: Wire, transport: Transport): Promise<void> {
  let acknowledged = false
  let ended = false
  while (!acknowledged || !ended) {
    for (const record of await hear(wire, transport)) {
      if (record.type === 'abort') throw new Error('bob gave up')
      if (record.type === 'ack') {
        if (acknowledged || record.count !== 1) throw new Error('bob acknowledged what was not sent')
        acknowledged = true
        say(wire, transport, encodeRecord({ type: 'end' }))
      } else if (ended) throw new Error('bob said something after his end')
      else if (record.type === 'end') ended = true
      // Whatever else he says is not for this function: it is not acknowledged, so he knows that.
    }
  }
}
