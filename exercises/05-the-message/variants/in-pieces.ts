/** Right: the message in small parts, which bob puts together, and records made by hand. */
import { concat, EMPTY, HandshakeState, NNpsk0, u16, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'

const PART_BYTES = 30_000
const MESSAGE = 1
const PART = 2
const ACK = 4
const END = 5

const record = (type: number, body: Uint8Array) => concat(Uint8Array.of(type), u16(body.length), body)

export const sendMessage: SendMessage = async (wire, { ticket, secret }, text) => {
  try {
    const noise = new HandshakeState({
      pattern: NNpsk0,
      initiator: true,
      prologue: concat(utf8('symbolon/1 channel'), ticket),
      psk: secret.reveal(),
    })
    wire.write(Uint8Array.of(1))
    wire.writeFrame(ticket)
    wire.writeFrame(noise.writeMessage())
    const message2 = await wire.readFrame(48, 48)
    if (!message2) throw new Error('nobody is there')
    noise.readMessage(message2)
    if (!noise.transport) throw new Error('unfinished')
    const { send, receive } = noise.transport
    const say = (bytes: Uint8Array) => wire.writeFrame(send.encryptWithAd(EMPTY, bytes))

    const bytes = utf8(text)
    let at = 0
    // Even what would fit at once may come in two.
    for (; at + PART_BYTES < bytes.length; at += PART_BYTES) {
      say(record(PART, bytes.subarray(at, at + PART_BYTES)))
    }
    say(record(MESSAGE, bytes.subarray(at)))

    let acks = 0
    let ends = 0
    while (acks + ends < 2) {
      const frame = await wire.readFrame(19, 65_535)
      if (!frame) throw new Error('the line was cut')
      let rest = receive.decryptWithAd(EMPTY, frame)
      if (rest.length === 0) throw new Error('an empty frame')
      while (rest.length > 0) {
        const [type = 0, high = 0, low = 0] = rest
        const end = 3 + high * 256 + low
        if (rest.length < end) throw new Error('half a record')
        const body = rest.subarray(3, end)
        rest = rest.subarray(end)
        if (type === ACK) {
          if (body.length !== 8 || body.slice(0, 7).some(Boolean) || body[7] !== 1 || acks++ > 0) {
            throw new Error('a wrong ack')
          }
          say(record(END, EMPTY))
        } else if (ends > 0) throw new Error('more after the end')
        else if (type === END) {
          if (body.length > 0) throw new Error('an end with something in it')
          ends++
        } else if (type !== MESSAGE && type !== PART) throw new Error(`no use for a record of type ${type}`)
      }
    }
  } finally {
    wire.end()
  }
}
