/**
 * Bob for `channel.ts`: receives over our channel and over TLS, in a process of his own.
 *
 * @module
 */
import type * as net from 'node:net'
import * as tls from 'node:tls'
import { type Channel, listen, Secret, secureRandomBytes } from '../src/lib/index.ts'
import { makeCertificate } from './certificate.ts'
import type { Bob, Mode } from './channel-cases.ts'

export const ACK = Buffer.from('ack-ack!')

const token = new Secret('session token', secureRandomBytes(32))
const certificate = makeCertificate()
let mode: Mode = { mode: 'echo' }

const listener = await listen({ username: 'bob', token, onChannel: (channel) => void receive(channel) })
const server = tls.createServer(
  {
    ...certificate,
    ca: certificate.cert,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
    noDelay: true,
  },
  (socket) => {
    socket.on('error', () => {})
    const take = taker()
    socket.on('data', (data) => {
      const answer = take(data)
      if (answer) socket.write(answer)
    })
  },
)
server.listen(0, '127.0.0.1', () => {
  const ports = { ours: listener.address.port, tls: (server.address() as net.AddressInfo).port }
  process.send?.({ ports, token: token.toText(), certificate } satisfies Bob)
})
process.on('message', (message: Mode | { mode: 'cpu' }) => {
  if (message.mode !== 'cpu') mode = message
  process.send?.(process.cpuUsage())
})
process.on('disconnect', () => process.exit())

async function receive(channel: Channel): Promise<void> {
  try {
    for await (const message of channel) {
      if (mode.mode === 'echo') channel.send(message.bytes).catch(() => {})
    }
    await channel.close()
  } catch {
    // Alice is gone: she knows more about it.
  }
}

/** What one TLS connection answers to what comes. */
function taker(): (data: Buffer) => Buffer | undefined {
  if (mode.mode === 'echo') return (data) => data
  if (mode.mode === 'sink') {
    let left = mode.bytes
    return (data) => {
      left -= data.length
      return left === 0 ? ACK : undefined
    }
  }
  let left = mode.count
  const messages = splitter(() => left--)
  return (data) => {
    messages(data)
    return left === 0 ? ACK : undefined
  }
}

/** Takes a stream of `u16 length || bytes` apart. */
function splitter(onMessage: (message: Buffer) => void): (data: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (data) => {
    held = held.length > 0 ? Buffer.concat([held, data]) : data
    let at = 0
    while (held.length >= at + 2) {
      const end = at + 2 + held.readUInt16BE(at)
      if (end > held.length) break
      onMessage(held.subarray(at + 2, end))
      at = end
    }
    held = held.subarray(at)
  }
}
