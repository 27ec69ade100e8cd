/**
 * Whom alice meets in the grader: bob, somebody who says he is bob, and somebody who records the line. Each is what stands
 * at the other end of one connection.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import {
  accept,
  type Channel,
  type ChannelRecord,
  concat,
  createTicket,
  decodeRecords,
  EMPTY,
  encodeRecord,
  fromUtf8,
  HandshakeState,
  listen,
  NNpsk0,
  Secret,
  secureRandomBytes,
  type Ticket,
  type Transport,
  u16,
  utf8,
  Wire,
} from 'symbolon/protocol'
import { NOW_SEC } from '../examiner/program.ts'
import type { Invitation } from './given.ts'
import type { Line } from './tap.ts'

const NAME = utf8('symbolon/1 channel')
const MAX_FRAME_BYTES = 65_535
/** All who pass it on have had their turn. */
const TURNS_BEFORE_RESET = 20
const MEETING_MS = 1_000
const CONVERSATION_MS = 5_000

/**
 * What is at the other end of a connection. When it has done its part, its half of the connection is ended; what alice
 * still sends is read to its end.
 */
export type Peer = (wire: Wire) => Promise<void>

const bobsToken = new Secret('session token', secureRandomBytes(32))

const ticketWith = (secret: Secret, username = 'alice', now = NOW_SEC): Ticket => ({
  username,
  ipAddress: '127.0.0.1',
  secret,
  receiver: 'bob',
  issuedAt: now,
  expiresAt: now + 300,
})

/** As message 4 would bring it, for a new conversation. */
export function invitation(username = 'alice', secret = secureRandomBytes(32)): Invitation {
  const key = new Secret('channel secret', secret)
  return { ticket: createTicket(ticketWith(key, username), bobsToken), secret: key }
}

const resets = new WeakMap<Wire, () => void>()

/** Ends the connection at once, without an end that could be taken for one; what was said before has arrived. */
export async function reset(wire: Wire): Promise<void> {
  // A reset overtakes what is still on its way.
  for (let turns = 0; turns < TURNS_BEFORE_RESET; turns++) await turn()
  resets.get(wire)?.()
}

/** Takes the part of this one, at the other end of alice's line. */
export const standing =
  (peer: Peer) =>
  async ({ stream, reset }: Line): Promise<void> => {
    const wire = new Wire(stream)
    resets.set(wire, reset)
    await peer(wire).catch(() => {})
    stream.end()
    await readOut(stream)
  }

/** What a real receiver, the library's, has heard. */
export interface Heard {
  readonly texts: readonly string[]
  /** How his conversations ended: 'end' or an error's code. */
  readonly endings: readonly string[]
}

/** The library's receiver listens while `use` takes, and until his first conversation is over. */
export async function realBob<T>(use: (port: number) => Promise<T>): Promise<{ heard: Heard; outcome: T }> {
  const heard = { texts: [] as string[], endings: [] as string[] }
  let over: (() => void) | undefined
  const conversation = new Promise<void>((resolve) => {
    over = resolve
  })
  const end = (how: string) => {
    heard.endings.push(how)
    over?.()
  }
  const onChannel = async (channel: Channel) => {
    try {
      for await (const message of channel) heard.texts.push(message.text)
      await channel.close()
      end('end')
    } catch (error) {
      end((error as { code: string }).code)
    }
  }
  const listener = await listen({
    username: 'bob',
    token: bobsToken,
    clock: () => NOW_SEC,
    onChannel,
    onRefused: ({ error }) => end(error.code),
  })
  try {
    const outcome = await use(listener.address.port)
    // Who never dialled has no conversation that could end.
    const timer = setTimeout(() => over?.(), CONVERSATION_MS)
    await conversation
    clearTimeout(timer)
    return { heard, outcome }
  } finally {
    await listener.close()
  }
}

/** Throws away what still comes; resolves when both sides have ended. */
async function readOut(stream: Duplex): Promise<void> {
  const drain = async () => {
    // Whoever waits for it reads first.
    await turn()
    while (stream.read() !== null);
  }
  stream.on('readable', drain)
  drain()
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  await turn()
}

/** Whatever else is ready to go on goes on first. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Hangs up without a word, at once. So alice ends, and what she has sent until then she sent before message 2: nobody has
 * to guess how long a silence means that nothing more comes.
 */
export const silent: Peer = async () => {}

/** Does not know the secret, and answers message 1 with these frames. */
export const impostor =
  (...answer: ((message1: Uint8Array) => Uint8Array)[]): Peer =>
  async (wire) => {
    const message1 = await message1From(wire)
    for (const frame of answer) wire.writeFrame(frame(message1))
  }

/** What alice says before it is bob's turn. */
export async function message1From(wire: Wire): Promise<Uint8Array> {
  await wire.read(1)
  await wire.readFrame(0, MAX_FRAME_BYTES)
  return (await wire.readFrame(0, MAX_FRAME_BYTES)) ?? EMPTY
}

/** Bob, with the right secret and these random bytes, as far as the handshake; what he does next is told by `then`. */
export const bobWho =
  ({ secret }: Invitation, then: (bob: Bob) => Promise<unknown>, random = secureRandomBytes(32)): Peer =>
  async (wire) => {
    const { transport } = await accept(wire, {
      judge: () => ticketWith(secret),
      randomBytes: () => random.slice(),
    })
    await then(new Bob(wire, transport))
  }

/** Where so many wait for one another; not for long, since one may not come. */
export class Meeting {
  #missing: number
  #begin: (() => void) | undefined
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve
  })

  constructor(size: number) {
    this.#missing = size
  }

  async wait(): Promise<void> {
    if (--this.#missing === 0) this.#begin?.()
    const timer = setTimeout(() => this.#begin?.(), MEETING_MS)
    await this.#begun
    clearTimeout(timer)
  }
}

/** Bob, who goes on at two places only when all the others have got there, too: with message 1, and with the message. */
export const bobAmong =
  (
    to: Invitation,
    random: Uint8Array,
    first: Meeting,
    second: Meeting,
    then?: (bob: Bob) => Promise<unknown> | unknown,
  ): Peer =>
  async (wire) => {
    const message1 = await message1From(wire)
    await first.wait()
    const { message2, transport } = answerTo(message1, to, random)
    wire.writeFrame(message2)
    const bob = new Bob(wire, transport)
    if (!then) return await bob.answers(() => second.wait())
    await bob.message()
    await second.wait()
    await then(bob)
  }

/** Bob, whose first words come together with message 2. */
export const bobFirst =
  (to: Invitation, random: Uint8Array): Peer =>
  async (wire) => {
    const { message2, transport } = answerTo(await message1From(wire), to, random)
    const bob = new Bob(wire, transport)
    const words = bob.sealed({ type: 'message', body: utf8('who is there?') })
    wire.write(concat(u16(message2.length), message2, words))
    await bob.answers()
  }

/** What bob with these random bytes, or one who reads the ticket as another, makes of message 1: his answer, and the keys. */
export function answerTo(
  message1: Uint8Array,
  { ticket, secret }: Invitation,
  random: Uint8Array,
  says: Uint8Array = EMPTY,
  prologue: Uint8Array = concat(NAME, ticket),
): { message2: Uint8Array; transport: Transport; payload: Uint8Array } {
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: false,
    prologue,
    psk: secret.reveal(),
    randomBytes: () => random.slice(),
  })
  const payload = handshake.readMessage(message1)
  const message2 = handshake.writeMessage(says)
  return { message2, payload, transport: handshake.transport as Transport }
}

/** Bob after the handshake. */
export class Bob {
  readonly wire: Wire
  readonly transport: Transport

  constructor(wire: Wire, transport: Transport) {
    this.wire = wire
    this.transport = transport
  }

  /** The next frame as it came, still sealed. */
  frame(): Promise<Uint8Array | undefined> {
    return this.wire.readFrame(0, MAX_FRAME_BYTES)
  }

  /** The records of the next frame; none when alice has hung up. */
  async hear(): Promise<ChannelRecord[]> {
    const frame = await this.frame()
    return frame ? decodeRecords(this.transport.receive.decryptWithAd(EMPTY, frame)) : []
  }

  /** Alice's message, all of it, and whether she said her end with it. */
  async message(): Promise<{ text: string; ended: boolean } | undefined> {
    const parts: Uint8Array[] = []
    for (;;) {
      const records = await this.hear()
      if (records.length === 0) return undefined
      for (const record of records) {
        if ('body' in record) parts.push(record.body)
        if (record.type === 'message') {
          return { text: fromUtf8(concat(...parts)), ended: records.some(({ type }) => type === 'end') }
        }
      }
    }
  }

  /** Hears the message, and says at once all that she waits for; then hears her end. */
  async answers(before: () => Promise<void> = async () => {}): Promise<void> {
    const message = await this.message()
    if (!message) return
    await before()
    this.say({ type: 'ack', count: 1 })
    this.say({ type: 'end' })
    if (!message.ended) await this.end()
  }

  /** Waits for alice's end; false when there was none. */
  async end(): Promise<boolean> {
    for (;;) {
      const records = await this.hear()
      if (records.length === 0) return false
      if (records.some(({ type }) => type === 'end')) return true
    }
  }

  /** Resets the connection. */
  reset(): Promise<void> {
    return reset(this.wire)
  }

  /** All of these in one frame. */
  say(...records: (ChannelRecord | Uint8Array)[]): void {
    this.wire.write(this.sealed(...records))
  }

  /** What `say` would write. */
  sealed(...records: (ChannelRecord | Uint8Array)[]): Uint8Array {
    const bytes = records.map((record) => (record instanceof Uint8Array ? record : encodeRecord(record)))
    const content = this.transport.send.encryptWithAd(EMPTY, concat(...bytes))
    return concat(u16(content.length), content)
  }
}
