/** Right: gives up after a while, with an error, and leaves nothing running. */
import {
  type ChannelRecord,
  concat,
  decodeRecords,
  EMPTY,
  encodeMessage,
  encodeRecord,
  HandshakeState,
  NNpsk0,
  secureRandomBytes,
  u16,
  utf8,
  type Wire,
} from 'symbolon/protocol'
import type { Invitation, SendMessage } from '../given.ts'

const PATIENCE_MS = 20_000

export const sendMessage: SendMessage = (wire, invitation, text) => {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => over(new Error(`nothing came for ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
    function over(error?: Error) {
      clearTimeout(timer)
      wire.end()
      if (error) reject(error)
      else resolve()
    }
    converse(wire, invitation, text).then(() => over(), over)
  })
}

async function converse(wire: Wire, { ticket, secret }: Invitation, text: string): Promise<void> {
  const noise = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: concat(utf8('symbolon/1 channel'), ticket),
    psk: secret.reveal(),
    randomBytes: secureRandomBytes,
  })
  wire.write(concat(Uint8Array.of(1), u16(ticket.length)))
  wire.write(ticket)
  wire.writeFrame(noise.writeMessage())
  const message2 = await wire.readFrame(48, 48)
  if (!message2) throw new Error('bob said nothing')
  noise.readMessage(message2)
  const { transport } = noise
  if (!transport) throw new Error('the handshake is not over')
  const say = (bytes: Uint8Array) => wire.writeFrame(transport.send.encryptWithAd(EMPTY, bytes))
  encodeMessage(utf8(text)).forEach(say)
  say(encodeRecord({ type: 'end' }))

  const heard: ChannelRecord[] = []
  const has = (type: ChannelRecord['type']) => heard.some((record) => record.type === type)
  do {
    const frame = await wire.readFrame(19, 65_535)
    if (!frame) throw new Error('bob hung up')
    for (const record of decodeRecords(transport.receive.decryptWithAd(EMPTY, frame))) {
      if (record.type === 'abort') throw new Error('bob aborted')
      if (has('end') && record.type !== 'ack') throw new Error('bob went on after his end')
      if (record.type === 'ack' && (has('ack') || record.count !== 1)) throw new Error('this is not my ack')
      if (!('body' in record)) heard.push(record)
    }
  } while (!has('ack') || !has('end'))
}
