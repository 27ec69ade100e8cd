/**
 * Sockets that share one buffer to read into (src/lib/channel/in-place.ts): whoever reads a connection gets its bytes, all of them
 * and no others, in place and where that cannot be done.
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import * as net from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptInPlace, connectInPlace, readInPlace } from '../../../src/lib/channel/in-place.ts'
import { Wire } from '../../../src/lib/channel/wire.ts'
import { dialBob, startBob } from '../../helpers/channels.ts'
import { settled } from '../../helpers/memory.ts'

const test = suite('in place')

/** As `listen` has it. */
const ASKED = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true }
const MAX = 65535

/** What is read, and the socket below it. */
type End = readonly [stream: Duplex, socket: net.Socket]

interface Way {
  readonly inPlace: boolean
  accept(socket: net.Socket): End
  connect(options: net.TcpNetConnectOpts): End
}

const alone = (socket: net.Socket): End => [socket, socket]

/** A socket at which one does not find what `acceptInPlace` looks for. */
function withoutHandle(socket: net.Socket): net.Socket {
  return new Proxy(socket, {
    get(target, key) {
      if (key === '_handle') return undefined
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function tunnel(socket: net.Socket): End {
  const [near, far] = duplexPair()
  socket.pipe(far)
  far.pipe(socket)
  return [near, socket]
}

const WAYS: Record<string, Way> = {
  'in place': {
    inPlace: true,
    accept: (socket) => alone(acceptInPlace(socket)),
    connect: (options) => alone(connectInPlace(options)),
  },
  'without a handle to take': {
    inPlace: false,
    accept: (socket) => alone(acceptInPlace(withoutHandle(socket))),
    connect: (options) => alone(net.connect(options)),
  },
  'through a tunnel': {
    inPlace: false,
    accept: tunnel,
    connect: (options) => tunnel(net.connect(options)),
  },
}

/** One end of a connection. */
class Reader {
  readonly stream: Duplex
  readonly wire: Wire
  readonly frames: Buffer[] = []
  ended = false
  readonly #socket: net.Socket

  constructor([stream, socket]: End) {
    this.stream = stream
    this.#socket = socket
    this.wire = new Wire(stream)
  }

  /** Keeps a copy of every frame that comes; `onFrame` sees it before. */
  readAll(onFrame: (frame: Uint8Array) => void = () => {}): void {
    this.wire.readFrames({
      min: 0,
      max: MAX,
      deliver: (frame) => {
        onFrame(frame)
        this.frames.push(Buffer.from(frame))
      },
      ended: () => {
        this.ended = true
      },
      failed: (error) => {
        throw error
      },
    })
  }

  /** Resolves when so many bytes have been read from the system, and given to whoever wants them. */
  async hasRead(bytes: number): Promise<void> {
    while (this.#socket.bytesRead < bytes) await new Promise(setImmediate)
    await settled()
  }

  async hasFrames(count: number): Promise<void> {
    while (this.frames.length < count) await new Promise(setImmediate)
  }

  /** The socket too, which a tunnel leaves open. */
  destroy(): void {
    this.stream.destroy()
    this.#socket.destroy()
  }

  async hasEnded(): Promise<void> {
    while (!this.ended) await new Promise(setImmediate)
  }
}

interface Connection {
  /** Whose end was accepted. */
  readonly bob: Reader
  readonly alice: Reader
}

/** Connections in this process, whose ends therefore share their buffer. */
async function connect(way: Way, count: number, use: (all: Connection[]) => Promise<void>): Promise<void> {
  const server = net.createServer(ASKED).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const all: Connection[] = []
  try {
    while (all.length < count) {
      const accepting = once(server, 'connection')
      // As in `connect` and `listen`: a wire at once, before anything can be read.
      const alice = new Reader(way.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true }))
      const [socket] = (await accepting) as [net.Socket]
      all.push({ alice, bob: new Reader(way.accept(socket)) })
    }
    await use(all)
  } finally {
    for (const { alice, bob } of all) for (const end of [alice, bob]) end.destroy()
    server.close()
  }
}

function frame(content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(content.length >> 8, content.length), content])
}

const filled = (length: number, byte: string) => Buffer.alloc(length, byte)

/** For messages that can be read. */
function sameBytes(actual: Uint8Array | undefined, expected: Uint8Array, what = 'frame'): void {
  const show = (bytes: Uint8Array) =>
    `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  assert.is(actual && show(actual), show(expected), what)
}

/** Numbers below `n`, the same every time. */
function numbers(seed: number): (n: number) => number {
  let x = seed
  return (n) => {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0
    return (x >>> 8) % n
  }
}

/** Frames of all lengths, and how they are cut up on their way: some longer than the shared buffer, some of one byte. */
function schedule(seed: number): { contents: Buffer[]; pieces: Buffer[] } {
  const below = numbers(seed)
  const lengths = [0, 1, 2, MAX, MAX, 254, 255, 256, 257]
  while (lengths.length < 120) lengths.push(below(below(4) === 0 ? MAX : 300))
  const contents = lengths.map((length) => randomBytes(length))
  const pieces: Buffer[] = []
  let rest = Buffer.concat(contents.map(frame))
  while (rest.length > 0) {
    const length = [1, 1 + below(20), 1 + below(70_000), 1 + below(600_000)][below(4)] as number
    pieces.push(rest.subarray(0, length))
    rest = rest.subarray(length)
  }
  return { contents, pieces }
}

async function send(stream: Duplex, pieces: Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (!stream.write(piece)) await once(stream, 'drain')
    else await new Promise(setImmediate)
  }
}

test('sockets are read in place, whichever end they are; other streams are not', async () => {
  for (const [name, way] of Object.entries(WAYS)) {
    await connect(way, 1, async ([connection]) => {
      const { alice, bob } = connection as Connection
      // The wires take what comes already: as nothing does, to ask does no harm.
      for (const { stream } of [alice, bob])
        assert.is(
          readInPlace(stream, () => false),
          way.inPlace,
          name,
        )
    })
  }
})

for (const [name, way] of Object.entries(WAYS)) {
  test(`${name}: everything comes as it was sent, both ways, on many connections at once`, async () => {
    await connect(way, 4, async (all) => {
      await Promise.all(
        all.flatMap(({ alice, bob }, n) =>
          [
            [alice, bob],
            [bob, alice],
          ].map(async ([from, to], direction) => {
            const { contents, pieces } = schedule(2 * n + direction + 1)
            ;(to as Reader).readAll()
            await send((from as Reader).stream, pieces)
            await (to as Reader).hasFrames(contents.length)
            for (const [i, content] of contents.entries()) sameBytes((to as Reader).frames[i], content)
            assert.is((to as Reader).frames.length, contents.length)
          }),
        ),
      )
    })
  })

  test(`${name}: frames that come in halves, by turns on two connections, keep to themselves`, async () => {
    await connect(way, 2, async (all) => {
      // With the length apart, in the middle, and at all but one byte.
      for (const cut of [1, 2, 3, 5000, 9999 + 2]) {
        const before = all[0]?.bob.frames.length ?? 0
        if (cut === 1) for (const { bob } of all) bob.readAll()
        for (const part of [0, 1]) {
          for (const [n, { alice, bob }] of all.entries()) {
            const whole = frame(filled(10_000, 'ab'[n] as string))
            alice.stream.write(part === 0 ? whole.subarray(0, cut) : whole.subarray(cut))
            await bob.hasRead(before * whole.length + (part === 0 ? cut : whole.length))
          }
        }
        for (const [n, { bob }] of all.entries()) {
          assert.is(bob.frames.length, before + 1)
          sameBytes(bob.frames.at(-1), filled(10_000, 'ab'[n] as string), `cut after ${cut}`)
        }
      }
    })
  })

  test(`${name}: one that is paused keeps its bytes while others read`, async () => {
    await connect(way, 2, async ([paused, other]) => {
      const [first, second] = [paused as Connection, other as Connection]
      first.bob.readAll(() => first.bob.wire.pause())
      second.bob.readAll()
      const contents = Array.from({ length: 6 }, (_, i) => filled(20_000, String(i)))
      const half = contents[4] as Buffer
      // What follows the first frame has come with it, and is cut in the middle of a frame.
      const bytes = Buffer.concat(contents.map(frame))
      const together = 4 * (2 + half.length) + half.length / 2
      first.alice.stream.write(bytes.subarray(0, together))
      await first.bob.hasFrames(1)
      first.alice.stream.write(bytes.subarray(together))
      for (let i = 1; i <= contents.length; i++) {
        await settled()
        // Over all of the shared buffer.
        const others = Array.from({ length: 8 }, () => filled(MAX, 'x'))
        second.alice.stream.write(Buffer.concat(others.map(frame)))
        await second.bob.hasFrames(others.length * i)
        assert.is(first.bob.frames.length, i)
        sameBytes(first.bob.frames[i - 1], contents[i - 1] as Buffer, `frame ${i}`)
        first.bob.wire.resume()
        if (i < contents.length) await first.bob.hasFrames(i + 1)
      }
      for (const content of second.bob.frames) sameBytes(content, filled(MAX, 'x'))
    })
  })

  test(`${name}: what was read by number, or as one frame, is the reader's to keep`, async () => {
    await connect(way, 2, async ([one, other]) => {
      const [first, second] = [one as Connection, other as Connection]
      first.alice.stream.write(Buffer.concat([filled(40, 'a'), frame(filled(48, 'b')), filled(7, 'c')]))
      const opening = await first.bob.wire.read(40)
      const handshake = await first.bob.wire.readFrame(48, 48)
      const part = first.bob.wire.read(10)
      await first.bob.hasRead(40 + 50 + 7)
      second.bob.readAll()
      for (const byte of 'xyz') second.alice.stream.write(frame(filled(MAX, byte)))
      await second.bob.hasFrames(3)
      first.alice.stream.write(filled(3, 'd'))
      sameBytes(opening, filled(40, 'a'))
      sameBytes(handshake, filled(48, 'b'))
      sameBytes(await part, Buffer.from('cccccccddd'))
    })
  })

  test(`${name}: one that breaks off leaves nothing to the next`, async () => {
    await connect(way, 2, async ([one, other]) => {
      const [first, second] = [one as Connection, other as Connection]
      const cut = first.bob.wire.readFrame(0, MAX)
      cut.catch(() => {})
      first.alice.stream.write(frame(filled(50_000, 's')).subarray(0, 40_000))
      await first.bob.hasRead(40_000)
      first.bob.stream.destroy()
      second.bob.readAll()
      second.alice.stream.write(Buffer.concat([frame(filled(3, 'o')), frame(new Uint8Array(0))]))
      await second.bob.hasFrames(2)
      assert.equal(second.bob.frames.map(String), ['ooo', ''])
    })
  })

  test(`${name}: either half can end before the other`, async () => {
    await connect(way, 2, async (all) => {
      for (const [n, { alice, bob }] of all.entries()) {
        const [first, second] = n === 0 ? [alice, bob] : [bob, alice]
        for (const reader of [first, second]) reader.readAll()
        first.wire.writeFrame(Buffer.from('question'))
        first.wire.end()
        await second.hasEnded()
        assert.equal(second.frames.map(String), ['question'])
        assert.not(first.ended)
        second.wire.writeFrame(Buffer.from('answer'))
        second.wire.end()
        await first.hasEnded()
        assert.equal(first.frames.map(String), ['answer'])
      }
    })
  })
}

test('the server forgets a connection that was taken from it, once that is closed', async () => {
  const server = net.createServer(ASKED).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const accepting = once(server, 'connection')
  const near = connectInPlace({ host: '127.0.0.1', port })
  const [accepted] = (await accepting) as [net.Socket]
  const far = acceptInPlace(accepted)
  far.destroy()
  near.destroy()
  await once(far, 'close')
  await settled()
  assert.ok(accepted.destroyed)
  assert.is(await new Promise((resolve) => server.getConnections((_, count) => resolve(count))), 0)
  await new Promise((resolve) => server.close(resolve))
})

test('messages and pieces of streams that are kept do not change with what others receive', async () => {
  const bob = await startBob()
  try {
    const ends = await Promise.all(
      ['a', 'b', 'c'].map(async (letter) => {
        const dialing = dialBob(bob)
        const far = await bob.channels.next()
        return { letter, near: await dialing, far }
      }),
    )
    const kept = ends.map((): Uint8Array[] => [])
    const reading = ends.map(async ({ near, far }, n) => {
      // Whichever of bob's channels it is: their ends are known by their hash.
      const mine =
        ends.find((end) => Buffer.from(end.far.handshakeHash).equals(near.handshakeHash))?.far ?? far
      for await (const message of mine) {
        kept[n]?.push(message.bytes)
        if (kept[n]?.length === 20) break
      }
      for await (const piece of mine.stream()) kept[n]?.push(piece)
    })
    for (let i = 0; i < 20; i++) {
      await Promise.all(ends.map(({ letter, near }) => near.send(filled(1 + i * 4000, letter))))
    }
    const streams = ends.map(({ near }) => near.stream().on('error', () => {}))
    for (let i = 0; i < 20; i++) {
      for (const [n, { letter }] of ends.entries()) streams[n]?.write(filled(50_000, letter))
      await settled()
    }
    await Promise.all(
      streams.map((stream) => {
        stream.end()
        return once(stream, 'finish')
      }),
    )
    await Promise.all(reading)
    for (const [n, { letter }] of ends.entries()) {
      const all = Buffer.concat(kept[n] ?? [])
      sameBytes(all, filled(20 + 4000 * 190 + 20 * 50_000, letter), letter)
    }
    await Promise.all([bob.listener.close(), ...ends.map(({ near }) => near.close())])
  } finally {
    for (const channel of bob.listener.channels) channel.destroy()
  }
})

test.run()
