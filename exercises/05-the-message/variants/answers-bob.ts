/** Right: a class with errors of its own, which listens to what bob says, and tells him when it does not understand him. */
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

class NotSent extends Error {
  override readonly name = 'NotSent'
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`the message was not sent: ${code}`, options)
    this.code = code
  }
}

class Conversation {
  readonly #wire: Wire
  readonly #transport: Transport
  #state: 'nothing' | 'acked' | 'ended' | 'done' = 'nothing'

  private constructor(wire: Wire, transport: Transport) {
    this.#wire = wire
    this.#transport = transport
  }

  static async begin(wire: Wire, { ticket, secret }: Invitation): Promise<Conversation> {
    const noise = new HandshakeState({
      initiator: true,
      pattern: NNpsk0,
      psk: Uint8Array.from(secret.reveal()),
      prologue: concat(utf8('symbolon/1 channel'), ticket),
    })
    for (const bytes of [Uint8Array.of(1), u16(ticket.length), ticket]) wire.write(bytes)
    wire.writeFrame(noise.writeMessage())
    const answer = await wire.readFrame(0, 65_535)
    if (answer?.length !== 48) throw new NotSent('no answer')
    try {
      noise.readMessage(answer)
    } catch (cause) {
      throw new NotSent('impostor', { cause })
    }
    return new Conversation(wire, noise.transport as Transport)
  }

  say(record: ChannelRecord): void {
    this.#write(encodeRecord(record))
  }

  message(text: string): void {
    for (const record of encodeMessage(utf8(text))) this.#write(record)
  }

  async finish(): Promise<void> {
    while (this.#state !== 'done') {
      const frame = await this.#wire.readFrame(0, 65_535)
      if (!frame) throw new NotSent('cut')
      const plaintext = this.#transport.receive.decryptWithAd(EMPTY, frame)
      for (const record of this.#decoded(plaintext)) this.#hear(record)
    }
  }

  #write(record: Uint8Array): void {
    this.#wire.writeFrame(this.#transport.send.encryptWithAd(EMPTY, record))
  }

  #decoded(plaintext: Uint8Array): ChannelRecord[] {
    try {
      return decodeRecords(plaintext)
    } catch (cause) {
      this.say({ type: 'abort', code: 'malformed' })
      throw new NotSent('malformed', { cause })
    }
  }

  #hear(record: ChannelRecord): void {
    const hasEnded = this.#state === 'ended' || this.#state === 'done'
    const isAcked = this.#state === 'acked' || this.#state === 'done'
    switch (record.type) {
      case 'ack':
        if (isAcked || record.count !== 1) throw new NotSent('wrong count')
        this.#state = hasEnded ? 'done' : 'acked'
        this.say({ type: 'end' })
        return
      case 'end':
        if (hasEnded) throw new NotSent('two ends')
        this.#state = isAcked ? 'done' : 'ended'
        return
      case 'message':
        if (hasEnded) throw new NotSent('after the end')
        return
      case 'abort':
        throw new NotSent('bob gave up')
      default:
    }
  }
}

export async function sendMessage(wire: Wire, invitation: Invitation, text: string): Promise<void> {
  try {
    const conversation = await Conversation.begin(wire, invitation)
    conversation.message(text)
    await conversation.finish()
  } finally {
    wire.end()
  }
}
