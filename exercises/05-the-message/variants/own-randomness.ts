/** Right: 64 bytes drawn with Node's own function into a buffer that is used again, hashed to 32; and an error class of its own. */
import { createHash, randomFillSync } from 'node:crypto'
import {
  type ChannelRecord,
  concat,
  decodeRecords,
  EMPTY,
  encodeMessage,
  encodeRecord,
  HandshakeState,
  NNpsk0,
  utf8,
  type Wire,
} from 'symbolon/protocol'
import type { Invitation } from '../given.ts'

class NotSent extends Error {
  override name = 'NotSent'
}

const spare = Buffer.alloc(128)

function draw(length: number): Uint8Array {
  randomFillSync(spare, 32, 64)
  const bytes = createHash('sha256').update(spare.subarray(32, 96)).digest()
  spare.fill(0)
  return Uint8Array.from(bytes.subarray(0, length))
}

/** All records that bob says, one by one. */
async function* records(
  wire: Wire,
  open: (frame: Uint8Array) => Uint8Array,
): AsyncGenerator<ChannelRecord[]> {
  for (;;) {
    const frame = await wire.readFrame(19, 65_535)
    if (!frame) throw new NotSent('bob hung up before his end')
    yield decodeRecords(open(frame))
  }
}

export async function sendMessage(wire: Wire, { ticket, secret }: Invitation, text: string): Promise<void> {
  try {
    const handshake = new HandshakeState({
      pattern: NNpsk0,
      initiator: true,
      prologue: concat(utf8('symbolon/1 channel'), ticket),
      psk: secret.reveal(),
      randomBytes: draw,
    })
    wire.write(Uint8Array.of(1))
    wire.writeFrame(ticket)
    wire.writeFrame(handshake.writeMessage())
    const answer = await wire.readFrame(48, 48)
    if (!answer) throw new NotSent('nobody answered')
    handshake.readMessage(answer)
    const { transport } = handshake
    if (!transport) throw new NotSent('the handshake is not over')
    const seal = (record: Uint8Array) => wire.writeFrame(transport.send.encryptWithAd(EMPTY, record))
    for (const record of encodeMessage(utf8(text))) seal(record)
    const seen = { ack: 0, end: 0 }
    for await (const together of records(wire, (frame) => transport.receive.decryptWithAd(EMPTY, frame))) {
      for (const record of together) hear(record)
      if (seen.ack && seen.end) return
    }

    function hear(record: ChannelRecord) {
      if (record.type === 'abort') throw new NotSent('bob gave up')
      if (record.type === 'ack') {
        if (++seen.ack > 1 || record.count !== 1) throw new NotSent('a count that is none of mine')
        seal(encodeRecord({ type: 'end' }))
      } else if (seen.end > 0) throw new NotSent('bob went on after his end')
      else if (record.type === 'end') seen.end++
    }
  } finally {
    wire.end()
  }
}
