/**
 * A tap on the line between alice and whoever she talks to: it passes everything on, and keeps what she sends.
 *
 * @module
 */
import * as net from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { Missing } from '../examiner/property.ts'

/** Far more than the longest message takes. */
const MAX_SENT_BYTES = 8 * 1024 * 1024

/** Whom the tap passes it on to: what listens at a port of this machine, or one who takes the line's other end here. */
export type Onward = number | ((line: Line) => Promise<void>)

/** The other end of alice's connection. */
export interface Line {
  readonly stream: Duplex
  /** Ends the connection at once. */
  reset(): void
}

/** Where alice dials. */
export interface Tap {
  readonly port: number
  /** Every byte that alice put on the line. */
  readonly sent: Uint8Array
  /** How often she has dialled. */
  readonly connections: number
  /** Resolves when alice's half of each connection has ended. */
  hungUp(): Promise<true>
  /** @throws Missing when she sent far more than there was to say. */
  check(): void
}

/** The tap stands as long as `use` takes; then every connection is closed, and whoever took the other end comes to an end. */
export async function tapped<T>(address: string, onward: Onward, use: (tap: Tap) => Promise<T>): Promise<T> {
  const sent: Uint8Array[] = []
  let sentBytes = 0
  const over: Promise<void>[] = []
  const parts: Promise<void>[] = []
  const hangUps: (() => void)[] = []
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (alices) => {
    const other = typeof onward === 'number' ? dialled(onward, alices) : taken(onward, alices, parts)
    over.push(new Promise((resolve) => alices.once('end', resolve).once('close', resolve)))
    alices.on('data', (bytes) => {
      sentBytes += bytes.length
      if (sentBytes > MAX_SENT_BYTES) alices.destroy()
      else {
        sent.push(Uint8Array.from(bytes))
        other.write(bytes)
      }
    })
    other.on('data', (bytes) => alices.write(bytes))
    other.on('end', () => alices.end())
    // What one side does to its connection, the other sees on its own.
    alices.on('error', () => {})
    alices.once('end', () => other.end()).once('close', () => other.end())
    hangUps.push(() => {
      alices.destroy()
      other.end()
    })
  })
  await new Promise<void>((resolve) => server.listen({ host: address, port: 0 }, resolve))
  const tap = {
    port: (server.address() as net.AddressInfo).port,
    get sent() {
      return Buffer.concat(sent)
    },
    get connections() {
      return over.length
    },
    hungUp: () => Promise.all(over).then(() => true as const),
    check() {
      if (sentBytes <= MAX_SENT_BYTES) return
      throw new Missing(`alice sends without end: more than ${MAX_SENT_BYTES / 2 ** 20} MiB for one text.`)
    },
  }
  try {
    return await use(tap)
  } finally {
    server.close()
    for (const hangUp of hangUps) hangUp()
    // Time that one of them lets pass is not to pass in another conversation.
    await Promise.all(parts)
  }
}

function dialled(port: number, alices: net.Socket): Duplex {
  const onward = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  // What alice has sent by then is still to be read.
  onward.on('error', () => alices.end())
  return onward
}

function taken(take: (line: Line) => Promise<void>, alices: net.Socket, parts: Promise<void>[]): Duplex {
  const [near, stream] = duplexPair()
  parts.push(take({ stream, reset: () => alices.resetAndDestroy() }))
  return near
}
