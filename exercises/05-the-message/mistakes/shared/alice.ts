/**
 * A right alice, made of habits: each mistake has one of them wrong.
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
  type RandomBytes,
  type Transport,
  u16,
  utf8,
  type Wire,
} from 'symbolon/protocol'
import type { Invitation, SendMessage } from '../../given.ts'

/** One conversation. */
export interface Talk {
  readonly wire: Wire
  readonly transport: Transport
  readonly invitation: Invitation
  readonly text: string
  acknowledged: boolean
  ended: boolean
}

/** What alice does, step by step. */
export interface Habits {
  ticket(invitation: Invitation): Uint8Array
  prologue(invitation: Invitation): Uint8Array
  psk(invitation: Invitation): Uint8Array
  random(invitation: Invitation, text: string): RandomBytes | undefined
  /** Reads message 2 and has it checked. */
  prove(wire: Wire, handshake: HandshakeState, invitation: Invitation): Promise<void>
  records(text: string): Uint8Array[]
  say(talk: Talk, record: Uint8Array): void
  /** Says the message. */
  tell(talk: Talk, records: Uint8Array[]): void
  /** The next records. */
  hear(talk: Talk): Promise<ChannelRecord[]>
  /** What she makes of one. */
  judge(talk: Talk, record: ChannelRecord): void
  end(talk: Talk): void
  /** Waits for all that she waits for. */
  wait(talk: Talk): Promise<void>
  failed(error: unknown, invitation: Invitation, text: string): void
  hangUp(wire: Wire, failed: boolean): void
}

export const say = ({ wire, transport }: Talk, record: Uint8Array): void =>
  wire.writeFrame(transport.send.encryptWithAd(EMPTY, record))

export const frame = async ({ wire }: Talk, min = 19): Promise<Uint8Array> => {
  const bytes = await wire.readFrame(min, 65_535)
  if (!bytes) throw new Error('the line was cut')
  return bytes
}

export const end = (talk: Talk): void => say(talk, encodeRecord({ type: 'end' }))

/** As it should be. */
export const right: Habits = {
  ticket: ({ ticket }) => concat(u16(ticket.length), ticket),
  prologue: ({ ticket }) => concat(utf8('symbolon/1 channel'), ticket),
  psk: ({ secret }) => secret.reveal(),
  random: () => undefined,
  async prove(wire, handshake) {
    const message2 = await wire.readFrame(48, 48)
    if (!message2) throw new Error('bob hung up')
    handshake.readMessage(message2)
  },
  records: (text) => encodeMessage(utf8(text)),
  say,
  tell(talk, records) {
    for (const record of records) this.say(talk, record)
  },
  hear: async (talk) => decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, await frame(talk))),
  judge(talk, record) {
    if (record.type === 'abort') throw new Error('bob gave up')
    if (record.type === 'ack') {
      if (talk.acknowledged || record.count !== 1) throw new Error('bob acknowledged what was not sent')
      talk.acknowledged = true
      this.end(talk)
    } else if (talk.ended) throw new Error('bob said something after his end')
    else if (record.type === 'end') talk.ended = true
  },
  end,
  async wait(talk) {
    while (!talk.acknowledged || !talk.ended) {
      for (const record of await this.hear(talk)) this.judge(talk, record)
    }
  },
  failed(error) {
    throw error
  },
  hangUp: (wire) => wire.end(),
}

/** A right alice, but for these habits. */
export function alice(wrong: Partial<Habits> = {}): SendMessage {
  const habits: Habits = { ...right, ...wrong }
  return async (wire, invitation, text) => {
    let failed = true
    try {
      const randomBytes = habits.random(invitation, text)
      const handshake = new HandshakeState({
        pattern: NNpsk0,
        initiator: true,
        prologue: habits.prologue(invitation),
        psk: habits.psk(invitation),
        randomBytes,
      })
      wire.write(concat(Uint8Array.of(0x01), habits.ticket(invitation)))
      wire.writeFrame(handshake.writeMessage())
      await habits.prove(wire, handshake, invitation)
      const { transport } = handshake
      if (!transport) throw new Error('the handshake is not finished')
      const talk: Talk = { wire, transport, invitation, text, acknowledged: false, ended: false }
      habits.tell(talk, habits.records(text))
      await habits.wait(talk)
      failed = false
    } catch (error) {
      habits.failed(error, invitation, text)
    } finally {
      habits.hangUp(wire, failed)
    }
  }
}
