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
import { NOW_SEC, StudentError, type StudentProgram } from '../examiner/program.ts'
import { Dialled } from '../examiner/values.ts'
import type { Invitation } from './given.ts'

/**
 * How long sendMessage may take: 3 s. That it will never end, only time can tell. It is counted in steps, because both sides
 * are in this process: when a busy machine does not let it run, that is one step, however long it took.
 */
const PATIENCE_STEPS = 30
const STEP_MS = 100
const NOW = NOW_SEC

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
  /** Whether her half of the connection was ended when that was over. */
  readonly hungUp: boolean
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
export async function meet(alice: Alice, peer: Peer, to: Invitation, text: string): Promise<Outcome> {
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
    return await call(alice, port, to, text)
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
export async function meetBob(alice: Alice, to: Invitation, text: string): Promise<RealBob> {
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
    const outcome = await call(alice, listener.address.port, to, text)
    await conversation
    return { heard, endings, outcome }
  } finally {
    await listener.close()
  }
}

/** A program that takes the part of alice: a student's, in whatever language. */
export interface Alice {
  /** Dials the port, sends one text, and tells how that ended. */
  send(port: number, to: Invitation, text: string): Promise<Ending>
  /** Ends what still runs. */
  stop(): Promise<void>
}

/** How the program ended, by its own word. */
export interface Ending {
  readonly result: 'resolved' | 'rejected'
  /** When rejected: with what, in words. */
  readonly why: string
}

/** Alice is a function that was loaded. */
export function programmed(program: StudentProgram): Alice {
  return {
    async send(port, to, text) {
      try {
        await program.call('sendMessage', new Dialled(port), to, text)
        return { result: 'resolved', why: '' }
      } catch (error) {
        if (!(error instanceof StudentError)) throw error
        return { result: 'rejected', why: error.message }
      }
    },
    stop: () => program.end(),
  }
}

/** What is between alice and the other end: it passes everything on, and keeps what she sent. */
async function tapped<T>(port: number, use: (tap: Tap) => Promise<T>): Promise<T> {
  const sent: Uint8Array[] = []
  const over: Promise<void>[] = []
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (alices) => {
    const onward = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    alices.on('data', (bytes) => sent.push(Uint8Array.from(bytes)))
    for (const [from, to] of [[alices, onward] as const, [onward, alices] as const]) {
      from.pipe(to).on('error', () => from.destroy())
    }
    over.push(new Promise((resolve) => alices.once('end', resolve).once('close', resolve)))
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const tap = {
    port: (server.address() as net.AddressInfo).port,
    get sent() {
      return Buffer.concat(sent)
    },
    hungUp: async () => void (await Promise.all(over)),
  }
  try {
    return await use(tap)
  } finally {
    server.close()
  }
}

interface Tap {
  readonly port: number
  readonly sent: Uint8Array
  /** Resolves when alice's half of each connection has ended. */
  hungUp(): Promise<void>
}

function call(alice: Alice, port: number, to: Invitation, text: string): Promise<Outcome> {
  return tapped(port, async (tap) => {
    const ended = await orTooLate(alice.send(tap.port, to, text))
    const hungUp = ended && (await orTooLate(tap.hungUp().then(() => true)))
    // What goes on in the background all the same meets the end of its process.
    if (!hungUp) await alice.stop()
    const { result, why } = ended ?? {
      result: 'still waiting',
      why: 'sendMessage neither finished nor failed.',
    }
    return { sent: tap.sent, result, why, hungUp: hungUp === true }
  })
}

/** Nothing when it does not come within reason. */
async function orTooLate<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setInterval> | undefined
  const patience = new Promise<undefined>((resolve) => {
    let steps = 0
    timer = setInterval(() => {
      if (++steps >= PATIENCE_STEPS) resolve(undefined)
    }, STEP_MS)
  })
  try {
    return await Promise.race([promise, patience])
  } finally {
    clearInterval(timer)
  }
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
