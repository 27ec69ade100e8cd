/** Right: one write for the handshake, and the message and the end in one frame, since alice has nothing more to say. */
import {
  concat,
  decodeRecords,
  EMPTY,
  encodeMessage,
  encodeRecord,
  HandshakeState,
  NNpsk0,
  u16,
  utf8,
} from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'

export const sendMessage: SendMessage = async (wire, { ticket, secret }, text) => {
  try {
    const prologue = concat(utf8('symbolon/1 channel'), ticket)
    const noise = new HandshakeState({ pattern: NNpsk0, initiator: true, prologue, psk: secret.reveal() })
    const message1 = noise.writeMessage()
    wire.write(concat(Uint8Array.of(1), u16(ticket.length), ticket, u16(message1.length), message1))
    noise.readMessage(await next(48, 48))
    const { transport } = noise
    if (!transport) throw new Error('no transport')
    const records = encodeMessage(utf8(text))
    const end = encodeRecord({ type: 'end' })
    const last = records.at(-1) ?? EMPTY
    const together = last.length + end.length <= 65_519
    const plaintexts = together ? [...records.slice(0, -1), concat(last, end)] : [...records, end]
    const frames = plaintexts.map((plaintext) => transport.send.encryptWithAd(EMPTY, plaintext))
    wire.write(concat(...frames.flatMap((frame) => [u16(frame.length), frame])))
    const seen: string[] = []
    while (!(seen.includes('ack') && seen.includes('end'))) {
      for (const record of decodeRecords(transport.receive.decryptWithAd(EMPTY, await next(19, 65_535)))) {
        const isAck = record.type === 'ack'
        if (record.type === 'abort' || (seen.includes('end') && !isAck)) throw new Error('bob is not well')
        if (isAck && (record.count !== 1 || seen.includes('ack'))) throw new RangeError('a wrong count')
        seen.push(record.type)
      }
    }
  } finally {
    wire.end()
  }

  async function next(min: number, max: number): Promise<Uint8Array> {
    const frame = await wire.readFrame(min, max)
    if (frame === undefined) throw new Error('the connection is gone')
    return frame
  }
}
