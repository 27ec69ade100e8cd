/**
 * An on-path attacker between alice and bob who sees, and may change, every frame on the wire: the attacker of the tests.
 */
import * as net from 'node:net'

/** One thing on the wire: the version byte, or a frame with its length. */
export type OnWire = Buffer
export type Direction = 'to-bob' | 'to-alice'

/**
 * What the attacker does with one piece: the pieces to pass on in its place (none to drop it), or `cut` to close both
 * connections. Pieces to bob: 0 is the version byte, 1 the ticket, 2 Noise message 1, 3 the first transport message.
 * Pieces to alice: 0 is Noise message 2, 1 the first transport message.
 */
export type Meddle = (direction: Direction, index: number, piece: OnWire) => OnWire[] | 'cut'

export interface Meddler {
  readonly port: number
  /** Everything that passed, before it was changed. */
  readonly seen: { direction: Direction; piece: OnWire }[]
  close(): Promise<void>
}

/** Starts the attacker in front of `port`. */
export async function startMeddler(
  port: number,
  meddle: Meddle = (_d, _i, piece) => [piece],
): Promise<Meddler> {
  const seen: Meddler['seen'] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (alice) => {
    const bob = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const relay = (direction: Direction, from: net.Socket, to: net.Socket) => {
      sockets.add(from)
      let held = Buffer.alloc(0)
      let index = 0
      from.on('data', (data) => {
        held = Buffer.concat([held, data])
        for (;;) {
          const length =
            direction === 'to-bob' && index === 0 ? 1 : held.length < 2 ? Infinity : 2 + held.readUInt16BE()
          if (held.length < length) return
          const piece = Buffer.from(held.subarray(0, length))
          held = held.subarray(length)
          seen.push({ direction, piece })
          const instead = meddle(direction, index++, piece)
          if (instead === 'cut') {
            alice.destroy()
            bob.destroy()
            return
          }
          for (const other of instead) to.write(other)
        }
      })
      from.on('end', () => to.end())
      from.on('close', () => to.destroy())
      from.on('error', () => {})
    }
    relay('to-bob', alice, bob)
    relay('to-alice', bob, alice)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** The piece with one bit of one byte changed. */
export function flip(piece: OnWire, at: number, bit = 0): OnWire {
  const changed = Buffer.from(piece)
  changed[at] = (changed[at] ?? 0) ^ (1 << bit)
  return changed
}
