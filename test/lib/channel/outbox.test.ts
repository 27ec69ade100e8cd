import { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Outbox } from '../../../src/lib/channel/outbox.ts'
import type { ChannelRecord } from '../../../src/lib/channel/records.ts'
import { Wire } from '../../../src/lib/channel/wire.ts'
import { isPending, openRecords, settled, transportPair } from '../../helpers/memory.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('outbox')

/** An outbox on a stream that takes everything at once, and the records of each transport message that it got. */
function openOutbox() {
  const received: ChannelRecord[][] = []
  const { alice, bob } = transportPair()
  let rest = Buffer.alloc(0)
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, taken) {
      rest = Buffer.concat([rest, bytes])
      for (let end = 2; rest.length >= 2 && rest.length >= end; ) {
        end = 2 + rest.readUInt16BE()
        if (rest.length < end) break
        received.push(openRecords(bob, rest.subarray(2, end)))
        rest = rest.subarray(end)
        end = 2
      }
      taken()
    },
  })
  const outbox = new Outbox(new Wire(stream), alice.send, () => {})
  return { outbox, received }
}

/** The bytes of a stream's pieces. */
const written = (records: ChannelRecord[]) =>
  Buffer.concat(records.map((record) => (record.type === 'data' ? record.body : Buffer.alloc(0))))

/** An outbox on a stream that takes one write at a time, each when the test says so. */
function slowOutbox(fullBytes = 1) {
  const frames: Buffer[] = []
  let take = () => {}
  const stream = new Duplex({
    writableHighWaterMark: 1,
    read() {},
    write(frame: Buffer, _encoding, taken) {
      frames.push(frame)
      take = taken
    },
    writev(chunks: { chunk: Buffer }[], taken) {
      frames.push(Buffer.concat(chunks.map(({ chunk }) => chunk)))
      take = taken
    },
  })
  const { alice, bob } = transportPair()
  let idle = 0
  const outbox = new Outbox(new Wire(stream, { fullBytes }), alice.send, () => {
    idle++
  })
  return {
    outbox,
    /** How many transport messages were sealed. */
    sealed: () => alice.send.n,
    idle: () => idle,
    /** The stream has sent what it was given, and asks for more. */
    async drain() {
      const taken = take
      take = () => {}
      taken()
      await settled()
    },
    /** The records of the next transport message that reached the stream. */
    next(): ChannelRecord[] {
      const frame = frames.shift()
      assert.ok(frame, 'nothing was written')
      return openRecords(bob, frame.subarray(2))
    },
  }
}

const LARGE = new Uint8Array(60_000)

function send(outbox: Outbox, bytes: Uint8Array): Promise<void> {
  outbox.message(bytes)
  return outbox.whenAcknowledged()
}

test('seals nothing more while the stream says that it is full', async () => {
  const { outbox, sealed, idle, drain } = slowOutbox(4 * 60_000)
  for (let i = 0; i < 10; i++) outbox.message(LARGE)
  // As many as it takes go out together, and the last when the turn is over.
  for (const written of [4, 8, 10]) {
    await settled()
    assert.is(sealed(), written)
    assert.is(outbox.idle, written === 10)
    await drain()
  }
  assert.is(sealed(), 10)
  assert.is(idle(), 1)
})

test('what is queued while a full stream drains goes out, although nothing more is queued', async () => {
  const { outbox, sealed, idle, drain } = slowOutbox(250_000)
  // Two are on their way, and three behind them: the stream is full.
  for (const count of [3, 2, 1]) {
    for (let i = 0; i < count; i++) outbox.message(LARGE)
    await settled()
  }
  assert.ok(outbox.full)
  // Now three are on their way, and there would be room for others.
  await drain()
  outbox.message(LARGE)
  await drain()
  assert.is(sealed(), 7)
  await drain()
  await drain()
  assert.ok(outbox.idle)
  assert.ok(idle() > 0)
})

test('what is queued while the stream is full travels together afterwards, the acknowledgement first', async () => {
  const { outbox, drain, next } = slowOutbox()
  outbox.message(Buffer.from('one'))
  await settled()
  outbox.message(Buffer.from('two'))
  outbox.message(Buffer.from('three'))
  outbox.acknowledge(1)
  await settled()
  outbox.acknowledge(2)
  outbox.end()
  await drain()
  assert.equal(
    next().map(({ type }) => type),
    ['message'],
  )
  assert.equal(
    next().map((record) => (record.type === 'ack' ? record.count : record.type)),
    [2, 'message', 'message', 'end'],
  )
})

test('acknowledgements of one turn are one, with the last count', async () => {
  const { outbox, sealed, next } = slowOutbox()
  for (let count = 1; count <= 5; count++) {
    // Each in a microtask of its own, as a reader's are.
    await undefined
    outbox.acknowledge(count)
  }
  await settled()
  assert.is(sealed(), 1)
  assert.equal(next(), [{ type: 'ack', count: 5 }])
})

test('a message is sent once the peer has acknowledged it, or all up to a later one', async () => {
  const { outbox } = slowOutbox()
  const [one, two, three] = [1, 2, 3].map(() => send(outbox, LARGE))
  assert.is(outbox.unacknowledged, 3)
  outbox.hasAcknowledged(2)
  await Promise.all([one, two])
  assert.is(outbox.unacknowledged, 1)
  assert.ok(await isPending(three as Promise<void>))
  outbox.hasAcknowledged(3)
  await three
})

for (const [what, before, count] of [
  ['repeats its count', 2, 2],
  ['goes back', 2, 1],
  ['goes beyond what was sent', 2, 4],
  ['is the first, and of nothing', 0, 0],
] as const) {
  test(`an acknowledgement that ${what} is refused`, async () => {
    const { outbox } = slowOutbox()
    const sent = [1, 2, 3].map(() => send(outbox, LARGE))
    if (before > 0) outbox.hasAcknowledged(before)
    throws(() => outbox.hasAcknowledged(count), 'malformed')
    assert.is(outbox.unacknowledged, 3 - before)
    outbox.hasAcknowledged(3)
    await Promise.all(sent)
  })
}

test('an abort takes the place of everything that was queued', async () => {
  const { outbox, sealed, drain, next } = slowOutbox()
  outbox.message(LARGE)
  await settled()
  outbox.message(LARGE)
  outbox.end()
  outbox.abort('disk_full')
  outbox.close(new Error('given up'))
  assert.is(next()[0]?.type, 'message')
  await drain()
  assert.equal(next(), [{ type: 'abort', code: 'disk_full' }])
  await drain()
  assert.is(sealed(), Number.POSITIVE_INFINITY, 'the key is gone')
})

test('what was not acknowledged fails with the channel, and nothing is sent any more', async () => {
  const { outbox, sealed } = slowOutbox()
  const sent = [1, 2].map(() => send(outbox, LARGE))
  outbox.hasAcknowledged(1)
  const before = sealed()
  outbox.close(Object.assign(new Error(), { code: 'cut' }))
  await sent[0]
  assert.not(await isPending(sent[1] as Promise<void>))
  await rejects(sent[1] as Promise<void>, 'cut')
  assert.is(outbox.acknowledged, 1)
  outbox.abort('too_late')
  outbox.message(LARGE)
  await settled()
  assert.is(before, 1)
  assert.is(sealed(), Number.POSITIVE_INFINITY, 'the key is gone')
})

test('a writer of small pieces waits once the connection is full, and more than a transport message waits', async () => {
  const { outbox, drain, sealed } = slowOutbox(1000)
  let taken = 0
  for (let i = 0; i < 1000; i++) outbox.data(Buffer.alloc(500, i), () => taken++)
  // One that fills the connection; behind it a second one.
  assert.is(sealed(), 1)
  assert.ok(taken > 100 && taken < 140, `${taken} at once`)
  for (let i = 0; i < 10; i++) await drain()
  assert.is(taken, 1000)
})

test('a writer of small pieces waits while the connection is full', async () => {
  const { outbox, drain } = slowOutbox()
  outbox.message(LARGE)
  await settled()
  let taken = 0
  outbox.data(Buffer.of(1), () => taken++)
  assert.is(taken, 0)
  await settled()
  assert.is(taken, 0)
  await drain()
  await drain()
  assert.is(taken, 1)
})

test('a piece may change at once', async () => {
  const { outbox, received } = openOutbox()
  const piece = Buffer.alloc(5000, 1)
  outbox.data(piece, () => {})
  piece.fill(2)
  await settled()
  assert.ok(written(received.flat()).equals(Buffer.alloc(5000, 1)))
})

test('full transport messages go out before the turn is over', () => {
  const { outbox, sealed } = slowOutbox(1_000_000)
  for (let i = 0; i < 5; i++) outbox.message(LARGE)
  assert.is(sealed(), 4)
})

test('there is room while the connection takes more, and after it has taken all', async () => {
  const { outbox, drain } = slowOutbox(60_000)
  await outbox.whenRoom()
  outbox.message(LARGE)
  assert.not(outbox.full)
  outbox.message(LARGE)
  assert.ok(outbox.full)
  const room = outbox.whenRoom()
  assert.ok(await isPending(room))
  await drain()
  await room
})

test('who waits for room hears when the channel is over', async () => {
  const { outbox } = slowOutbox()
  for (let i = 0; i < 3; i++) outbox.message(LARGE)
  const room = outbox.whenRoom()
  assert.ok(await isPending(room))
  outbox.close(new Error('cut'))
  await room
  await outbox.whenRoom()
})

test('what a writer has by the next turn joins what did not fill a transport message', async () => {
  const { outbox, received } = openOutbox()
  const pieces = 2000
  let sent = 0
  // Each as soon as the one before may change.
  const more = () => {
    if (sent++ < pieces) outbox.data(Buffer.alloc(500, sent), more)
  }
  more()
  for (let i = 0; i < 5; i++) await settled()
  assert.is(sent, pieces + 1)
  assert.is(written(received.flat()).length, 500 * pieces)
  const fewest = Math.ceil((503 * pieces) / 65_508)
  assert.ok(received.length <= fewest + 2, `${received.length} transport messages, not ${fewest}`)
})

test('the last piece goes out although its writer has nothing more to write', async () => {
  const { outbox, received } = openOutbox()
  let taken = 0
  for (let i = 0; i < 200; i++) outbox.data(Buffer.alloc(500, i), () => taken++)
  await settled()
  assert.is(taken, 200)
  assert.is(written(received.flat()).length, 100_000)
  assert.ok(outbox.idle)
})

test('a turn whose messages went out before it was over adds no empty transport message', async () => {
  const { outbox, sealed, drain, next } = slowOutbox(1000)
  outbox.message(LARGE)
  await settled()
  outbox.message(Buffer.from('two'))
  await drain()
  await drain()
  assert.is(sealed(), 2)
  assert.is(next()[0]?.type, 'message')
  assert.equal(next(), [{ type: 'message', body: new Uint8Array(Buffer.from('two')) }])
})

test('closed while the stream is full, it seals nothing more, and tells no writer', async () => {
  const { outbox, sealed, drain, idle } = slowOutbox()
  let taken = 0
  for (let i = 0; i < 8; i++) outbox.data(LARGE, () => taken++)
  await settled()
  // The first one found room.
  assert.is(taken, 1)
  outbox.acknowledge(1)
  outbox.close()
  await drain()
  await drain()
  assert.is(sealed(), Number.POSITIVE_INFINITY, 'the key is gone')
  assert.is(taken, 1)
  assert.is(idle(), 0)
  outbox.acknowledge(2)
  outbox.data(Buffer.of(1), () => taken++)
  await settled()
  assert.is(taken, 1)
})

test('whoever waits for room after everything was handed to the connection has it once that has gone out', async () => {
  const { outbox, drain } = slowOutbox()
  outbox.message(Buffer.from('all'))
  await settled()
  assert.ok(outbox.full)
  const room = outbox.whenRoom()
  assert.ok(await isPending(room))
  await drain()
  assert.not(await isPending(room))
})

test.run()
