import { once } from 'node:events'
import * as net from 'node:net'
import { Duplex, duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectInPlace } from '../../../src/lib/channel/in-place.ts'
import { Wire } from '../../../src/lib/channel/wire.ts'
import { isPending, settled } from '../../helpers/memory.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('wire')

const STALL = { stallTimeoutMs: 20 }

/** A wire, and the stream at its other end. */
function open(options: { stallTimeoutMs?: number } = {}) {
  const [near, far] = duplexPair()
  return { wire: new Wire(near, options), near, far }
}

/** Resolves after every stall timer that is running now would have fired: timers of one length fire in order. */
async function longerThanAnyFrameMayTake(): Promise<void> {
  const { wire, far } = open(STALL)
  far.write(Buffer.of(0))
  await rejects(wire.readFrame(1, 10), 'peer_silent')
}

test('reads whole frames, however they are cut up', async () => {
  const { wire, near, far } = open()
  const bytes = Buffer.from([0, 3, 1, 2, 3, 0, 1, 4, 0, 2, 5, 6])
  const frames = (async () => [
    await wire.readFrame(1, 9),
    await wire.readFrame(1, 9),
    await wire.readFrame(1, 9),
  ])()
  for (const byte of bytes) {
    far.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  assert.equal(
    (await frames).map((frame) => [...(frame ?? [])]),
    [[1, 2, 3], [4], [5, 6]],
  )
  // The timer of a frame that came in time runs as long as the connection is there.
  near.destroy()
})

for (const [what, bytes] of [
  ['only one byte of the header', [0]],
  ['only the header', [0, 10]],
  ['the header and half of the content', [0, 10, 1, 2, 3, 4, 5]],
] as const) {
  test(`a frame of which ${what} comes is not waited for longer than the limit`, async () => {
    const { wire, far } = open(STALL)
    far.write(Buffer.from(bytes))
    await rejects(wire.readFrame(1, 10), 'peer_silent')
  })

  test(`a frame of which ${what} comes before the end was cut`, async () => {
    const { wire, far } = open()
    far.end(Buffer.from(bytes))
    await rejects(wire.readFrame(1, 10), 'channel_truncated')
  })
}

test('bytes read by number are not waited for longer than the limit either', async () => {
  const { wire, far } = open(STALL)
  far.write(Buffer.of(1, 2))
  await rejects(wire.read(3), 'peer_silent')
})

test('a slow frame that did arrive leaves no limit on the silence after it', async () => {
  const { wire, far } = open(STALL)
  const reading = wire.readFrame(1, 10)
  for (const bytes of [[0], [2], [1], [2]]) {
    far.write(Buffer.from(bytes))
    await new Promise(setImmediate)
  }
  assert.equal([...((await reading) ?? [])], [1, 2])
  const next = wire.readFrame(1, 10)
  await longerThanAnyFrameMayTake()
  assert.ok(await isPending(next))
  far.write(Buffer.of(0, 1, 7))
  assert.equal([...((await next) ?? [])], [7])
})

test('the limit is for each frame, also after a slow one', async () => {
  const { wire, far } = open(STALL)
  const reading = wire.readFrame(1, 10)
  far.write(Buffer.of(0))
  await new Promise(setImmediate)
  far.write(Buffer.of(1, 1))
  await reading
  far.write(Buffer.of(0))
  await rejects(wire.readFrame(1, 10), 'peer_silent')
})

test('a connection on which nothing comes has no limit', async () => {
  const { wire, far } = open(STALL)
  const reading = wire.readFrame(1, 10)
  await longerThanAnyFrameMayTake()
  assert.ok(await isPending(reading))
  far.end()
  assert.is(await reading, undefined)
})

test('a length out of bounds is refused before any of the content has come', async () => {
  for (const length of [1, 5]) {
    const { wire, far } = open()
    far.write(Buffer.of(0, length))
    await rejects(wire.readFrame(2, 4), 'malformed')
  }
})

test('an error of the stream is the end of reading, with its cause', async () => {
  const { wire, near } = open()
  const reading = wire.readFrame(1, 10)
  near.destroy(new Error('the cable'))
  try {
    await reading
    assert.unreachable()
  } catch (error) {
    assert.is((error as { code: string }).code, 'channel_truncated')
    assert.is(((error as Error).cause as Error).message, 'the cable')
  }
})

test('waits for a full stream until it drains, or is closed', async () => {
  for (const closed of [false, true]) {
    let taken = () => {}
    const stream = new Duplex({
      writableHighWaterMark: 1,
      read() {},
      write(_bytes, _encoding, done) {
        taken = done
      },
    })
    const wire = new Wire(stream, { fullBytes: 1 })
    assert.not(await isPending(wire.drained()))
    wire.writeFrame(Buffer.of(1))
    assert.ok(wire.full)
    const drained = wire.drained()
    assert.ok(await isPending(drained))
    if (closed) wire.destroy()
    else taken()
    assert.not(await isPending(drained))
    assert.not(await isPending(wire.drained()))
  }
})

test('a stream that keeps more than we would by itself has room, and is waited for only where it says so', async () => {
  let taken = () => {}
  const stream = new Duplex({
    writableHighWaterMark: 100,
    read() {},
    write(_bytes, _encoding, done) {
      taken = done
    },
  })
  const wire = new Wire(stream, { fullBytes: 10 })
  wire.writeFrame(new Uint8Array(50))
  assert.not(wire.full)
  assert.not(await isPending(wire.drained()))
  wire.writeFrame(new Uint8Array(50))
  assert.ok(wire.full)
  const drained = wire.drained()
  taken()
  assert.ok(await isPending(drained))
  taken()
  assert.not(await isPending(drained))
})

test('lingering takes all that the peer still sends, so that it can send it and hear our last words', async () => {
  const { wire, far } = open()
  const much = new Uint8Array(300_000)
  const taken = new Promise<void>((resolve, reject) => {
    far.write(much, (error) => (error ? reject(error) : resolve()))
  })
  const reading = wire.readFrame(1, 10)
  wire.writeFrame(Buffer.from('last words'))
  wire.linger()
  reading.catch(() => {})
  assert.not(await isPending(taken))
  assert.equal(far.read(12)?.subarray(2), Buffer.from('last words'))
})

test('what waits is copied once, however little of it is taken at a time', async () => {
  const server = net.createServer((socket) => socket.end(Buffer.from([0, 1, 1, 0, 1, 2, 0, 1, 3, 0, 1, 4])))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  const wire = new Wire(connectInPlace({ host: '127.0.0.1', port }))
  const buffers: ArrayBufferLike[] = []
  const failed = assert.unreachable
  wire.readFrames({
    min: 1,
    max: 9,
    deliver: ({ buffer }) => {
      buffers.push(buffer)
      wire.pause()
    },
    ended: () => {},
    failed,
  })
  for (let i = 1; i <= 4; i++) {
    while (buffers.length < i) await new Promise(setImmediate)
    wire.resume()
  }
  assert.is.not(buffers[1], buffers[0], 'what is read in place is copied')
  assert.is(buffers[2], buffers[1])
  assert.is(buffers[3], buffers[1])
  server.close()
})

test('lingering ends, although the peer does not', async () => {
  const { wire, near } = open()
  wire.linger()
  assert.ok(near.writableEnded)
  await new Promise((resolve) => near.on('close', resolve))
})

test('lingering takes all that still comes also when nobody has asked for anything', async () => {
  const { wire, far } = open()
  for (let i = 0; i < 5; i++) far.write(new Uint8Array(60_000))
  const taken = new Promise<void>((resolve, reject) => {
    far.write(new Uint8Array(60_000), (error) => (error ? reject(error) : resolve()))
  })
  wire.linger()
  assert.not(await isPending(taken))
})

/** Takes frames, and stops after each. */
function haltingReader(wire: Wire) {
  const heard: string[] = []
  wire.readFrames({
    min: 1,
    max: 10,
    deliver(bytes) {
      heard.push([...bytes].join())
      wire.pause()
    },
    ended: () => heard.push('ended'),
    failed: (error) => heard.push((error as Error & { code: string }).code),
  })
  return heard
}

test('a reader that pauses gets nothing before it resumes, and the end after all that came before it', async () => {
  const { wire, far } = open()
  const heard = haltingReader(wire)
  far.end(Buffer.of(0, 1, 1, 0, 1, 2, 0, 2, 3, 3))
  for (const so of [['1'], ['1', '2'], ['1', '2', '3,3'], ['1', '2', '3,3', 'ended']]) {
    await settled()
    assert.equal(heard, so)
    wire.resume()
  }
})

test('a reader that pauses is told of a cut when it resumes, after what came before it', async () => {
  const { wire, near, far } = open()
  const heard = haltingReader(wire)
  far.write(Buffer.of(0, 1, 1, 0, 1, 2, 0))
  await settled()
  near.destroy(new Error('the cable'))
  for (const so of [['1'], ['1', '2'], ['1', '2', 'channel_truncated']]) {
    await settled()
    assert.equal(heard, so)
    wire.resume()
  }
})

test('bytes read by number: none at the end are nothing, some are a cut', async () => {
  const ended = open()
  ended.far.end()
  assert.is(await ended.wire.read(3), undefined)
  const cut = open()
  cut.far.end(Buffer.of(1, 2))
  await rejects(cut.wire.read(3), 'channel_truncated')
})

test('one reader at a time', async () => {
  const { wire, far } = open()
  const reading = wire.read(2)
  await rejects(
    wire.readFrame(1, 10).catch((error: Error) => {
      throw Object.assign(error, { code: error.message })
    }),
    'Wire: there is a reader already',
  )
  far.write(Buffer.of(1, 2))
  assert.equal([...((await reading) ?? [])], [1, 2])
})

test('what is short goes out in one piece; what is long is not copied', async () => {
  const written: Buffer[] = []
  const stream = new Duplex({
    read() {},
    write(piece: Buffer, _encoding, done) {
      written.push(piece)
      done()
    },
  })
  const wire = new Wire(stream)
  const long = new Uint8Array(5000).fill(7)
  wire.writeFrame(Buffer.of(1), Buffer.of(2, 3))
  wire.writeFrame(Buffer.of(4), long, Buffer.of(5))
  await settled()
  assert.equal(
    written.map(({ length }) => length),
    [5, 3, 5000, 1],
  )
  assert.equal([...Buffer.concat(written.slice(0, 2))], [0, 3, 1, 2, 3, 0x13, 0x8a, 4])
  assert.is(written[2]?.buffer, long.buffer)
})

test('whoever has waited for room leaves nothing on the stream', async () => {
  let taken = () => {}
  const stream = new Duplex({
    writableHighWaterMark: 1,
    read() {},
    write(_bytes, _encoding, done) {
      taken = done
    },
  })
  const wire = new Wire(stream, { fullBytes: 3 })
  const listeners = () => stream.listenerCount('drain') + stream.listenerCount('close')
  const before = listeners()
  for (let i = 0; i < 3; i++) {
    wire.writeFrame(Buffer.of(1))
    const drained = wire.drained()
    assert.is(listeners(), before + 2)
    taken()
    await drained
    assert.is(listeners(), before)
  }
})

// --- by a clock of our own ---

/** Runs a test by a clock that it moves itself. */
async function byOurClock(
  run: (clock: { advance(ms: number): void; readonly running: number }) => Promise<void>,
): Promise<void> {
  const real = { setTimeout, clearTimeout }
  let now = 1000
  let last = 0
  const timers = new Map<number, { readonly at: number; run(): void }>()
  const clock = {
    advance(ms: number) {
      now += ms
      for (const [id, { at, run }] of timers) {
        if (at <= now && timers.delete(id)) run()
      }
    },
    get running() {
      return timers.size
    },
  }
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms: number) => {
      timers.set(++last, { at: now + ms, run })
      return last
    },
    clearTimeout: (id: number | undefined) => void timers.delete(id ?? 0),
  })
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true })
  try {
    await run(clock)
  } finally {
    Object.assign(globalThis, real)
    Reflect.deleteProperty(performance, 'now')
  }
}

test('a frame that comes drop by drop has no longer than one that does not come', () =>
  byOurClock(async (clock) => {
    const { wire, far } = open({ stallTimeoutMs: 100 })
    const reading = wire.readFrame(1, 10)
    const failed = rejects(reading, 'peer_silent')
    for (const byte of [0, 9, 1, 2, 3, 4]) {
      far.write(Buffer.of(byte))
      await settled()
      clock.advance(20)
    }
    assert.not(await isPending(failed))
    await failed
  }))

test('each frame has the whole limit, from its own first byte', () =>
  byOurClock(async (clock) => {
    const { wire, far } = open({ stallTimeoutMs: 100 })
    for (let i = 0; i < 5; i++) {
      const reading = wire.readFrame(1, 10)
      far.write(Buffer.of(0))
      await settled()
      clock.advance(90)
      assert.ok(await isPending(reading))
      far.write(Buffer.of(1, i))
      assert.equal([...((await reading) ?? [])], [i])
    }
    const late = rejects(wire.readFrame(1, 10), 'peer_silent')
    far.write(Buffer.of(0))
    await settled()
    clock.advance(99)
    assert.ok(await isPending(late))
    clock.advance(1)
    assert.not(await isPending(late))
  }))

test('nothing is timed any more once the stream has ended, a frame was refused, or what comes is thrown away', () =>
  byOurClock(async (clock) => {
    for (const end of [
      ({ far }: ReturnType<typeof open>) => far.end(),
      ({ far }: ReturnType<typeof open>) => far.write(Buffer.of(99)),
      ({ near }: ReturnType<typeof open>) => near.destroy(),
    ]) {
      const opened = open()
      const failed = opened.wire.readFrame(1, 10).catch(() => {})
      opened.far.write(Buffer.of(0))
      await settled()
      assert.is(clock.running, 1)
      end(opened)
      await failed
      assert.is(clock.running, 0)
    }
    // One that came slowly, and whose reader asks for nothing more.
    const read = open()
    const reading = read.wire.readFrame(1, 10)
    for (const byte of [0, 1, 7]) {
      read.far.write(Buffer.of(byte))
      await settled()
    }
    await reading
    assert.is(clock.running, 1)
    read.near.destroy()
    await settled()
    assert.is(clock.running, 0)
    const { wire, near, far } = open()
    wire.readFrame(1, 10).catch(() => {})
    far.write(Buffer.of(0))
    await settled()
    wire.linger()
    // Until then, the connection is waited for; no longer.
    assert.is(clock.running, 1)
    near.destroy()
    await settled()
    assert.is(clock.running, 0)
  }))

test.run()
