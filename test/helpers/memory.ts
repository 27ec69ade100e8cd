/** A conversation without a network: a channel on a stream in memory, and bare keys at the stream's other end. */
import { type Duplex, duplexPair } from 'node:stream'
import { concat, EMPTY } from '../../src/lib/bytes.ts'
import { Channel } from '../../src/lib/channel/channel.ts'
import type { ChannelOptions } from '../../src/lib/channel/options.ts'
import { type ChannelRecord, decodeRecords, encodeRecord } from '../../src/lib/channel/records.ts'
import { Wire } from '../../src/lib/channel/wire.ts'
import { HandshakeState, NNpsk0, type Transport } from '../../src/lib/noise.ts'

/** What a handshake leaves at both ends. */
export function transportPair(): { alice: Transport; bob: Transport } {
  const common = { pattern: NNpsk0, prologue: EMPTY, psk: new Uint8Array(32).fill(7) }
  const alice = new HandshakeState({ ...common, initiator: true })
  const bob = new HandshakeState({ ...common, initiator: false })
  bob.readMessage(alice.writeMessage())
  alice.readMessage(bob.writeMessage())
  if (!alice.transport || !bob.transport) throw new Error('the handshake is not over')
  return { alice: alice.transport, bob: bob.transport }
}

/** Records in one transport message, sealed. */
export function sealRecords(transport: Transport, ...records: ChannelRecord[]): Uint8Array {
  return transport.send.encryptWithAd(EMPTY, concat(...records.map(encodeRecord)))
}

/** What a transport message holds. */
export function openRecords(transport: Transport, frame: Uint8Array): ChannelRecord[] {
  return decodeRecords(transport.receive.decryptWithAd(EMPTY, frame))
}

/** A record that is a message. */
export const message = (text = ''): ChannelRecord => ({ type: 'message', body: Buffer.from(text) })

/** Alice's end, without a channel: she sends what a test likes, and hears every record. */
export class BareAlice {
  readonly stream: Duplex
  readonly wire: Wire
  readonly transport: Transport

  constructor(stream: Duplex, transport: Transport) {
    this.stream = stream
    this.wire = new Wire(stream)
    this.transport = transport
  }

  /** Sends these records in one transport message. */
  say(...records: ChannelRecord[]): void {
    this.wire.writeFrame(sealRecords(this.transport, ...records))
  }

  /**
   * The records of the next transport message, or nothing after bob has closed his half.
   *
   * @throws when he does neither.
   */
  async hear(): Promise<ChannelRecord[] | undefined> {
    const reading = this.wire.readFrame(1, 65535)
    if (await isPending(reading)) throw new Error('bob says nothing')
    const frame = await reading
    return frame && openRecords(this.transport, frame)
  }
}

/** Bob's channel, the stream below it, and alice. */
export function memoryConversation(options: Partial<ChannelOptions> = {}) {
  const [alices, bobs] = duplexPair()
  const transports = transportPair()
  const peer = { username: 'alice', address: '192.0.2.1' }
  const bob = new Channel(new Wire(bobs), transports.bob, { peer, us: 'bob', ...options })
  return { bob, stream: bobs, alice: new BareAlice(alices, transports.alice), transports }
}

/** Lets everything happen that waits for nothing else: in memory that takes a few turns of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

/** Whether a promise is still pending once everything has happened that could. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true
  const done = () => {
    pending = false
  }
  promise.then(done, done)
  await settled()
  return pending
}
