/**
 * A tap on the line between alice and whoever she talks to: it passes everything on, and keeps what she sends.
 *
 * @module
 */
import * as net from 'node:net'
import { Missing } from '../examiner/property.ts'

/** Far more than the longest message takes. */
const MAX_SENT_BYTES = 8 * 1024 * 1024

/** The tap's ports of connections that the other side resets on purpose. */
export const toReset: Set<number> = new Set()

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

/** The tap stands as long as `use` takes; then every connection is closed. */
export async function tapped<T>(address: string, port: number, use: (tap: Tap) => Promise<T>): Promise<T> {
  const sent: Uint8Array[] = []
  let sentBytes = 0
  const over: Promise<void>[] = []
  const sockets: net.Socket[] = []
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (alices) => {
    const onward = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    sockets.push(alices, onward)
    over.push(new Promise((resolve) => alices.once('end', resolve).once('close', resolve)))
    alices.on('data', (bytes) => {
      sentBytes += bytes.length
      if (sentBytes > MAX_SENT_BYTES) alices.destroy()
      else {
        sent.push(Uint8Array.from(bytes))
        onward.write(bytes)
      }
    })
    onward.on('data', (bytes) => alices.write(bytes))
    alices.on('end', () => onward.end())
    onward.on('end', () => alices.end())
    // What one side does to its connection, the other sees on its own.
    alices.on('error', () => onward.destroy())
    let onwardPort: number | undefined
    onward.on('connect', () => {
      onwardPort = onward.localPort
    })
    onward.on('error', () => {
      // Any other error is not meant for alice, and what she has sent by then is still to be read.
      if (onwardPort !== undefined && toReset.delete(onwardPort)) alices.resetAndDestroy()
      else alices.end()
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
    for (const socket of sockets) socket.destroy()
  }
}
