import { Duplex, duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Wire } from '../../src/lib/wire.ts'
import { isPending } from '../helpers/memory.ts'
import { rejects } from '../helpers/throws.ts'

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

test('lingering ends, although the peer does not', async () => {
  const { wire, near } = open()
  wire.linger()
  assert.ok(near.writableEnded)
  await new Promise((resolve) => near.on('close', resolve))
})

test.run()
