/**
 * The receiver's end: accepts connections, refuses strangers in silence, and gives a channel for each sender that has a
 * good ticket. docs/protocol.md §5.
 *
 * @module
 */
import * as net from 'node:net'
import { untilAborted } from '../abort.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { RandomBytes } from '../crypto/random.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError, SymbolonError, TransportError } from '../errors.ts'
import { isLoopback, plainAddress } from '../network/address.ts'
import { AcceptedTickets } from '../replay.ts'
import { systemReason } from '../system-errors.ts'
import { openTicket, type Ticket } from '../ticket.ts'
import type { Trace } from '../trace.ts'
import { Channel } from './channel.ts'
import { KEEP_ALIVE_MS } from './connect.ts'
import { accept, HANDSHAKE_TIMEOUT_MS } from './handshake.ts'
import { acceptInPlace } from './in-place.ts'
import { Wire } from './wire.ts'

/** Channels open at once, from everybody and from one sender. */
export const MAX_CHANNELS = 1024
export const MAX_CHANNELS_PER_SENDER = 64
/** Handshakes under way at once, from everybody and from one address that is not this machine's own. */
export const MAX_HANDSHAKES = 128
export const MAX_HANDSHAKES_PER_ADDRESS = 32

/** A connection that was refused: for the receiver's log. The other side was told nothing. */
export interface Refusal {
  /** The client's IP address. */
  readonly address: string
  /** Why: a code of docs/errors.md. */
  readonly error: SymbolonError
}

/** Where a receiver listens, as whom, and how much it takes. */
export interface ListenOptions {
  /** The receiver's username: tickets for another receiver are refused. */
  readonly username: string
  /** The receiver's session token. `Listener.setToken` replaces it after a new login. */
  readonly token: Secret
  /**
   * Called for each sender that has proved itself. When it returns a promise, the channel is closed once that resolves,
   * and destroyed when it rejects: an error of the channel ends there, any other is the program's own and is not caught.
   */
  readonly onChannel: (channel: Channel) => void | Promise<void>
  /** Called for each connection refused. */
  readonly onRefused?: (refusal: Refusal) => void
  /** Address to listen at. Default: `127.0.0.1`. */
  readonly host?: string
  /** Port to listen at. Default: 0, which lets the system choose. */
  readonly port?: number
  /** What tickets are judged by, in Unix seconds. Default: the system's clock. */
  readonly clock?: Clock
  /** Where randomness comes from. Default: the system's. */
  readonly randomBytes?: RandomBytes
  /** Channels open at once. Default: 1024. */
  readonly maxChannels?: number
  /** The same, with one sender. Default: 64. */
  readonly maxChannelsPerSender?: number
  /** Handshakes under way at once; the oldest gives way. Default: 128. */
  readonly maxHandshakes?: number
  /** The same, from one address that is not of this machine. Default: 32. */
  readonly maxHandshakesPerAddress?: number
  /** How long a handshake may take, in milliseconds. Default: 10,000. */
  readonly handshakeTimeoutMs?: number
  /** How long a frame may take, from its first byte to its last, in milliseconds. Default: 30,000. */
  readonly stallTimeoutMs?: number
  /** How long `close` waits for a peer, in milliseconds. Default: 5000. */
  readonly closeTimeoutMs?: number
  /** Longest message to send or to take, in bytes. Default: 1,048,576. */
  readonly maxMessageBytes?: number
  /** Hears of each message as it passes. */
  readonly trace?: Trace | undefined
  /** Ends the attempt; a listener that is there goes on. */
  readonly signal?: AbortSignal | undefined
}

/** A receiver that accepts channels. */
export class Listener {
  readonly #options: ListenOptions
  readonly #server: net.Server
  readonly #channels = new Set<Channel>()
  readonly #handshakes = new Map<net.Socket, string>()
  #token: Secret
  #accepted = new AcceptedTickets()

  private constructor(options: ListenOptions) {
    this.#options = options
    this.#token = options.token
    const asked = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true }
    this.#server = net.createServer(asked, (socket) => this.#onSocket(socket))
  }

  /** @throws TransportError `port_unavailable`; the reason of `signal` */
  static async start(options: ListenOptions): Promise<Listener> {
    const listener = new Listener(options)
    try {
      await untilAborted(() => listener.#listen(), options.signal)
    } catch (error) {
      listener.#server.close()
      throw error
    }
    return listener
  }

  /** Where it listens. */
  get address(): net.AddressInfo {
    return this.#server.address() as net.AddressInfo
  }

  /** The channels that are open. */
  get channels(): ReadonlySet<Channel> {
    return this.#channels
  }

  /** After a new login: tickets are for the new session from now on, and everything about the old one is forgotten. */
  setToken(token: Secret): void {
    this.#token = token
    this.#accepted = new AcceptedTickets()
  }

  /** Stops accepting, ends every channel in good order, and gives up on those that do not end in time. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#handshakes.keys()) socket.destroy()
    await Promise.allSettled([...this.#channels].map((channel) => channel.close()))
    await closed
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options
    return new Promise((resolve, reject) => {
      const failed = (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened at: ${systemReason(cause.code)}`
        const where = port === 0 ? host : `port ${port} on ${host}`
        reject(new TransportError('port_unavailable', `${where} ${why}`, { cause }))
      }
      this.#server.once('error', failed)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed)
        // An accept that fails (too many open files) is the connecting side's loss, not the end of the others.
        this.#server.on('error', () => {})
        resolve()
      })
    })
  }

  #onSocket(accepted: net.Socket): void {
    const address = plainAddress(accepted.remoteAddress ?? 'unknown')
    const over = this.#overBudget(address)
    if (over) {
      accepted.on('error', () => {})
      accepted.destroy()
      this.#options.onRefused?.({ address, error: over })
      return
    }
    const socket = acceptInPlace(accepted)
    this.#handshakes.set(socket, address)
    this.#handshake(socket, address).then(
      (channel) => {
        this.#handshakes.delete(socket)
        const over = this.#overShare(channel.peer.username)
        if (over) {
          channel.destroy('too_many_channels')
          this.#options.onRefused?.({ address, error: over })
          return
        }
        this.#channels.add(channel)
        channel.closed.then(() => this.#channels.delete(channel))
        this.#hand(channel)
      },
      (error: unknown) => {
        this.#handshakes.delete(socket)
        socket.destroy()
        this.#options.onRefused?.({ address, error: asRefusal(error) })
      },
    )
  }

  // To the program; a channel that fails, or a peer that is cut off, is no reason for a process to end.
  #hand(channel: Channel): void {
    const handled = this.#options.onChannel(channel)
    handled
      ?.then(() => channel.close())
      .catch((error: unknown) => {
        channel.destroy('failed')
        if (!(error instanceof SymbolonError)) throw error
      })
  }

  #overBudget(address: string): ProtocolError | undefined {
    const { maxChannels = MAX_CHANNELS, maxHandshakes = MAX_HANDSHAKES } = this.#options
    const { maxHandshakesPerAddress = MAX_HANDSHAKES_PER_ADDRESS } = this.#options
    if (this.#channels.size >= maxChannels) {
      return new ProtocolError('request_refused', `${maxChannels} channels are open`)
    }
    // The oldest gives way: an honest handshake takes one round trip, one that says nothing would keep its place.
    const [oldest] = this.#handshakes.keys()
    if (oldest && this.#handshakes.size >= maxHandshakes) oldest.destroy()
    if (isLoopback(address)) return undefined
    let fromThere = 0
    for (const other of this.#handshakes.values()) if (other === address) fromThere++
    if (fromThere < maxHandshakesPerAddress) return undefined
    return new ProtocolError('request_refused', `${fromThere} handshakes from this address are under way`)
  }

  #overShare(username: string): ProtocolError | undefined {
    const { maxChannelsPerSender = MAX_CHANNELS_PER_SENDER } = this.#options
    let open = 0
    for (const { peer } of this.#channels) if (peer.username === username) open++
    if (open < maxChannelsPerSender) return undefined
    return new ProtocolError('request_refused', `${username} has ${open} channels open`)
  }

  async #handshake(socket: net.Socket, address: string): Promise<Channel> {
    const { username, trace, randomBytes, maxMessageBytes, closeTimeoutMs, stallTimeoutMs } = this.#options
    const wire = new Wire(socket, { stallTimeoutMs })
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      socket.destroy()
    }, this.#options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS)
    try {
      const judge = (bytes: Uint8Array) => this.#judge(bytes)
      const { transport, ticket } = await accept(wire, { judge, randomBytes, trace, us: username })
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      const peer = { username: ticket.username, address }
      return new Channel(wire, transport, { peer, maxMessageBytes, closeTimeoutMs, trace, us: username })
    } catch (error) {
      if (timedOut)
        throw new TransportError('peer_silent', 'the handshake did not finish in time', { cause: error })
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #judge(bytes: Uint8Array): Ticket {
    const { username, clock = systemClock } = this.#options
    return openTicket(bytes, this.#token, { receiver: username, accepted: this.#accepted, clock })
  }
}

/**
 * Listens for senders with tickets.
 *
 * @returns once connections are accepted.
 * @throws TransportError `port_unavailable`; the reason of `signal`.
 * @example
 * const listener = await listen({
 *   username: 'bob',
 *   token,
 *   onChannel: async (channel) => {
 *     for await (const message of channel) console.log(`${channel.peer.username}: ${message.text}`)
 *   },
 * })
 */
export function listen(options: ListenOptions): Promise<Listener> {
  return Listener.start(options)
}

function asRefusal(error: unknown): SymbolonError {
  if (error instanceof SymbolonError) return error
  return new TransportError('channel_truncated', 'the connection broke during the handshake', {
    cause: error,
  })
}
