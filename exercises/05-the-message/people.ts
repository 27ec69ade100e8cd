/**
 * Whom alice meets in the grader: bob, somebody who says he is bob, and somebody who records the line. Each is what stands
 * at the other end of one TCP connection on this machine.
 *
 * @module
 */
import * as net from 'node:net'
import {
  accept,
  type Channel,
  type ChannelRecord,
  createTicket,
  decodeRecords,
  EMPTY,
  encodeRecord,
  listen,
  Secret,
  secureRandomBytes,
  type Transport,
  Wire,
} from 'symbolon/protocol'
import { inWords } from '../grader.ts'
import type { Invitation, SendMessage } from './given.ts'

/**
 * How long sendMessage may take: 3 s. That it will never end, only time can tell. It is counted in steps, because both sides
 * are in this process: when a busy machine does not let it run, that is one step, however long it took.
 */
const PATIENCE_STEPS = 30
const STEP_MS = 100
const NOW = 1_795_176_000

/**
 * What is at the other end of a connection. When it has done its part, its half of the connection is ended; what alice
 * still sends is read to its end.
 */
export type Peer = (wire: Wire) => Promise<void>

/** How a call of sendMessage ended. */
export interface Outcome {
  /** Every byte that alice put on the line. */
  readonly sent: Uint8Array
  readonly result: 'resolved' | 'rejected' | 'still waiting'
  /** When rejected: with what, in words. */
  readonly why: string
}

const bobsToken = new Secret('session token', secureRandomBytes(32))

/** As message 4 would bring it, for a new conversation. */
export function invitation(): Invitation {
  const secret = new Secret('channel secret', secureRandomBytes(32))
  const ticket = createTicket(
    {
      username: 'alice',
      ipAddress: '127.0.0.1',
      secret,
      receiver: 'bob',
      issuedAt: NOW,
      expiresAt: NOW + 300,
    },
    bobsToken,
  )
  return { ticket, secret }
}

/** Calls sendMessage with a connection to `peer`, and records what alice sends. */
export async function meet(peer: Peer, send: SendMessage, to: Invitation, text: string): Promise<Outcome> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const hangUp = () => {
      socket.end()
      readOut(socket)
    }
    peer(new Wire(socket)).then(hangUp, hangUp)
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as net.AddressInfo
  try {
    return await call(send, port, to, text)
  } finally {
    server.close()
  }
}

/** A real receiver: the library's. */
export interface RealBob {
  readonly heard: readonly string[]
  /** How his conversations ended: 'end' or an error's code. */
  readonly endings: readonly string[]
  readonly outcome: Outcome
}

/** Calls sendMessage with a connection to a real receiver. */
export async function meetBob(send: SendMessage, to: Invitation, text: string): Promise<RealBob> {
  const heard: string[] = []
  const endings: string[] = []
  let over: (() => void) | undefined
  const conversation = new Promise<void>((resolve) => {
    over = resolve
  })
  const end = (how: string) => {
    endings.push(how)
    over?.()
  }
  const onChannel = async (channel: Channel) => {
    try {
      for await (const message of channel) heard.push(message.text)
      await channel.close()
      end('end')
    } catch (error) {
      end((error as { code: string }).code)
    }
  }
  const listener = await listen({
    username: 'bob',
    token: bobsToken,
    clock: () => NOW,
    onChannel,
    onRefused: ({ error }) => end(error.code),
  })
  try {
    const outcome = await call(send, listener.address.port, to, text)
    await conversation
    return { heard, endings, outcome }
  } finally {
    await listener.close()
  }
}

async function call(send: SendMessage, port: number, to: Invitation, text: string): Promise<Outcome> {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const sent: Uint8Array[] = []
  const write = socket.write.bind(socket) as (bytes: Uint8Array) => boolean
  socket.write = ((bytes: Uint8Array) => {
    sent.push(Uint8Array.from(bytes))
    return write(bytes)
  }) as typeof socket.write
  let timer: ReturnType<typeof setInterval> | undefined
  const patience = new Promise<[Outcome['result'], string]>((resolve) => {
    let steps = 0
    timer = setInterval(() => {
      if (++steps < PATIENCE_STEPS) return
      resolve(['still waiting', 'sendMessage neither finished nor failed.'])
    }, STEP_MS)
  })
  // The call itself may throw, when it is no async function.
  const done = (async () => send(new Wire(socket), to, text))().then(
    (): [Outcome['result'], string] => ['resolved', ''],
    (error: unknown): [Outcome['result'], string] => ['rejected', inWords(error)],
  )
  const [result, why] = await Promise.race([done, patience])
  clearInterval(timer)
  // Alice is done. What goes on in the background all the same, because an await is missing, meets the end of the
  // connection: what it still sends counts, and an error of its own comes before we return.
  socket.end()
  await readOut(socket)
  return { sent: Buffer.concat(sent), result, why }
}

/** Throws away what still comes; resolves when both sides have ended. */
async function readOut(socket: net.Socket): Promise<void> {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const drain = async () => {
    // Whoever waits for it reads first.
    await turn()
    while (socket.read() !== null);
  }
  socket.on('readable', drain)
  drain()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  await turn()
}

/**
 * Hangs up without a word, at once. So sendMessage ends, and what alice has sent until then she sent before message 2:
 * nobody has to guess how long a silence means that nothing more comes.
 */
export const silent: Peer = async () => {}

/** Does not know the secret, and answers message 1 with something of its size. */
export const impostor =
  (message2: (message1: Uint8Array) => Uint8Array): Peer =>
  async (wire) => {
    await wire.read(1)
    await wire.readFrame(0, 65_535)
    const message1 = await wire.readFrame(0, 65_535)
    wire.writeFrame(message2(message1 ?? EMPTY))
  }

/** Bob, with the right secret, as far as the handshake; what he does next is told by `then`. */
export const bobWho =
  ({ secret }: Invitation, then: (bob: Bob) => Promise<void>): Peer =>
  async (wire) => {
    const ticket = {
      username: 'alice',
      ipAddress: '127.0.0.1',
      secret,
      receiver: 'bob',
      issuedAt: NOW,
      expiresAt: NOW + 300,
    }
    const { transport } = await accept(wire, { judge: () => ticket })
    await then(new Bob(wire, transport))
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
    return this.wire.readFrame(0, 65_535)
  }

  async hear(): Promise<ChannelRecord[]> {
    const frame = await this.frame()
    return frame ? decodeRecords(this.transport.receive.decryptWithAd(EMPTY, frame)) : []
  }

  say(record: ChannelRecord): void {
    this.wire.writeFrame(this.transport.send.encryptWithAd(EMPTY, encodeRecord(record)))
  }
}
