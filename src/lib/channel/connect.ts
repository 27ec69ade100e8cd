/** The sender's end of a channel: dials, proves itself, and has the receiver prove itself. docs/protocol.md §5. */
import * as net from 'node:net'
import type { Duplex } from 'node:stream'
import type { RandomBytes } from '../crypto/random.ts'
import type { Secret } from '../crypto/secret.ts'
import { TransportError } from '../errors.ts'
import { endpointText } from '../network/address.ts'
import type { Trace } from '../trace.ts'
import { Channel } from './channel.ts'
import { HANDSHAKE_TIMEOUT_MS, initiate } from './handshake.ts'
import { connectInPlace } from './in-place.ts'
import { Wire } from './wire.ts'

/** After so long without traffic TCP asks whether the peer's machine is still there. */
export const KEEP_ALIVE_MS = 60_000

/** Opens a byte stream to an address; `net.connect` with half-open connections, unless a test or a tunnel gives another. */
export type Dial = (host: string, port: number) => Duplex

const dialTcp: Dial = (host, port) => {
  const socket = connectInPlace({ host, port, allowHalfOpen: true, noDelay: true })
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

/** Where to, and with what. `host`, `port`, `ticket` and `secret` are the KDC's answer to `/userinfo`. */
export interface ConnectOptions {
  /** The receiver's IP address or host name. */
  readonly host: string
  /** Where it listens, 1 to 65535. */
  readonly port: number
  /** For the receiver: at most 4096 bytes. */
  readonly ticket: Uint8Array
  /** The key of this channel, 32 bytes. */
  readonly secret: Secret
  /** The receiver's username. */
  readonly receiver: string
  /** Our own, for traces. */
  readonly username?: string
  /** From connecting to the end of the handshake, in milliseconds. Default: 10,000. */
  readonly handshakeTimeoutMs?: number
  /** How long a frame may take, from its first byte to its last, in milliseconds. Default: 30,000. */
  readonly stallTimeoutMs?: number
  /** How long `close` waits for the peer, in milliseconds. Default: 5000. */
  readonly closeTimeoutMs?: number
  /** Longest message to send or to take, in bytes. Default: 1,048,576. */
  readonly maxMessageBytes?: number
  /** Opens the connection. Default: TCP. */
  readonly dial?: Dial
  /** Where randomness comes from. Default: the system's. */
  readonly randomBytes?: RandomBytes
  /** Hears of each message as it passes. */
  readonly trace?: Trace | undefined
  /** Ends the attempt; a channel that is open stays so. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a channel. When it returns, the peer has proved that it is who the ticket was made for.
 *
 * @throws TransportError `peer_unreachable`, `peer_silent`, `channel_truncated`; ProtocolError `handshake_failed`;
 *   CodecError `malformed` when the answer is no Noise message 2; the reason of `signal`.
 * @example
 * const channel = await connect({ host, port, ticket, secret, receiver: 'bob' })
 * await channel.send('hello')
 * await channel.close()
 */
export async function connect(options: ConnectOptions): Promise<Channel> {
  const { host, port, ticket, secret, receiver, username, trace, randomBytes, dial = dialTcp } = options
  const {
    handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS,
    stallTimeoutMs,
    closeTimeoutMs,
    maxMessageBytes,
  } = options
  const { signal } = options
  signal?.throwIfAborted()
  const stream = dial(host, port)
  const wire = new Wire(stream, { stallTimeoutMs })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    wire.destroy()
  }, handshakeTimeoutMs)
  const stop = () => wire.destroy()
  signal?.addEventListener('abort', stop)
  try {
    await opened(stream, `${receiver} at ${endpointText(host, port)}`)
    const transport = await initiate(wire, {
      ticket,
      secret,
      randomBytes,
      trace,
      us: username,
      them: receiver,
    })
    const peer = { username: receiver, address: host }
    return new Channel(wire, transport, { peer, maxMessageBytes, closeTimeoutMs, trace, us: username })
  } catch (error) {
    wire.destroy()
    if (signal?.aborted) throw signal.reason
    if (timedOut)
      throw new TransportError('peer_silent', `${receiver} did not answer in time`, { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function opened(stream: Duplex, whom: string): Promise<void> {
  // A stream that is no socket is open already.
  if (!(stream instanceof net.Socket) || !stream.connecting) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const over = () => {
      stream.off('error', failed)
      stream.off('close', failed)
      stream.off('connect', connected)
    }
    const failed = (cause?: Error) => {
      over()
      reject(new TransportError('peer_unreachable', `cannot reach ${whom}`, { cause }))
    }
    const connected = () => {
      over()
      resolve()
    }
    stream.once('error', failed)
    stream.once('close', failed)
    stream.once('connect', connected)
  })
}
