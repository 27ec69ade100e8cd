/**
 * Alice on TLS 1.3 as Node has it: ChaCha20-Poly1305, no resumption, a certificate on both sides, so that both are proved
 * as they are on our channel.
 *
 * @module
 */
import { once } from 'node:events'
import * as tls from 'node:tls'
import * as cases from './channel-cases.ts'
import { quantile } from './harness.ts'

/** @param batched - small messages are put together by hand, a whole group in one `write`. */
export function aliceOnTls({ ports, certificate }: cases.Bob, { batched = false } = {}): cases.Alice {
  const secureContext = tls.createSecureContext({
    ...certificate,
    ca: certificate.cert,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
  })
  const open = async () => {
    const socket = tls.connect({ host: '127.0.0.1', port: ports.tls, servername: 'localhost', secureContext })
    socket.setNoDelay(true)
    await once(socket, 'secureConnect')
    const { standardName } = socket.getCipher()
    if (standardName !== 'TLS_CHACHA20_POLY1305_SHA256') throw new Error(`TLS chose ${standardName}`)
    return socket
  }
  const message = Buffer.alloc(cases.SMALL_BYTES, 7)
  return {
    async bulk() {
      const chunk = Buffer.alloc(cases.BULK_WRITE_BYTES, 7)
      const writes = Array.from({ length: cases.BULK_BYTES / chunk.length }, () => chunk)
      return ((await rateOf(await open(), writes)) * cases.BULK_BYTES) / 1e6
    },
    async small() {
      const writes = batched ? batches(message) : each(message)
      return (await rateOf(await open(), writes)) * cases.SMALL_TLS_COUNT
    },
    async ping() {
      const socket = await open()
      const times: number[] = []
      for (let i = 0; i < cases.PINGS; i++) {
        const from = performance.now()
        socket.write(message)
        await once(socket, 'data')
        times.push(1000 * (performance.now() - from))
      }
      socket.end()
      return quantile(times, 0.5)
    },
    connections(count, atOnce) {
      return cases.rate(count, () =>
        cases.repeat(count, atOnce, async () => {
          const socket = await open()
          socket.write(message)
          await once(socket, 'data')
          socket.end()
        }),
      )
    },
  }
}

/** @returns how often a second everything could be written and be answered by bob. */
async function rateOf(socket: tls.TLSSocket, writes: Iterable<Buffer>): Promise<number> {
  const perSecond = await cases.rate(1, async () => {
    const answered = once(socket, 'data')
    for (const bytes of writes) if (!socket.write(bytes)) await once(socket, 'drain')
    await answered
  })
  socket.end()
  return perSecond
}

/** Every message with its length, as it is written. */
function* each(message: Buffer): Iterable<Buffer> {
  for (let sent = 0; sent < cases.SMALL_TLS_COUNT; sent++) {
    const frame = Buffer.allocUnsafe(2 + message.length)
    put(message, frame, 0)
    yield frame
  }
}

/** A group of messages with their lengths in one buffer. */
function* batches(message: Buffer): Iterable<Buffer> {
  for (let sent = 0; sent < cases.SMALL_TLS_COUNT; sent += cases.SMALL_GROUP) {
    const batch = Buffer.allocUnsafe(cases.SMALL_GROUP * (2 + message.length))
    let at = 0
    for (let i = 0; i < cases.SMALL_GROUP; i++) at = put(message, batch, at)
    yield batch
  }
}

function put(message: Buffer, target: Buffer, at: number): number {
  target.writeUInt16BE(message.length, at)
  target.set(message, at + 2)
  return at + 2 + message.length
}
