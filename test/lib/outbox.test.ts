import { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Outbox } from '../../src/lib/outbox.ts'
import type { ChannelRecord } from '../../src/lib/records.ts'
import { Wire } from '../../src/lib/wire.ts'
import { isPending, openRecords, settled, transportPair } from '../helpers/memory.ts'
import { rejects, throws } from '../helpers/throws.ts'

const test = suite('outbox')

/** An outbox on a stream that takes one write at a time, each when the test says so. */
function slowOutbox() {
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
  const outbox = new Outbox(new Wire(stream, { fullBytes: 1 }), alice.send, () => {
    idle++
  })
  return {
    outbox,
    /** How many transport messages were sealed. */
    sealed: () => alice.send.n,
    idle: () => idle,
    /** The stream has sent what it was given, and asks for more. */
    async drain() {
      take()
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
const ignore = () => {}

test('seals nothing more while the stream says that it is full', async () => {
  const { outbox, sealed, idle, drain } = slowOutbox()
  for (let i = 0; i < 5; i++) outbox.message(LARGE).catch(ignore)
  for (let written = 1; written <= 5; written++) {
    await settled()
    assert.is(sealed(), written)
    assert.is(outbox.idle, written === 5)
    assert.is(idle(), 0)
    await drain()
  }
  assert.is(sealed(), 5)
  assert.is(idle(), 1)
})

test('what is queued while the stream is full travels together afterwards, the acknowledgement first', async () => {
  const { outbox, drain, next } = slowOutbox()
  outbox.message(Buffer.from('one')).catch(ignore)
  await settled()
  outbox.message(Buffer.from('two')).catch(ignore)
  outbox.message(Buffer.from('three')).catch(ignore)
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
  const [one, two, three] = [1, 2, 3].map(() => outbox.message(LARGE))
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
    const sent = [1, 2, 3].map(() => outbox.message(LARGE))
    if (before > 0) outbox.hasAcknowledged(before)
    throws(() => outbox.hasAcknowledged(count), 'malformed')
    assert.is(outbox.unacknowledged, 3 - before)
    outbox.hasAcknowledged(3)
    await Promise.all(sent)
  })
}

test('an abort takes the place of everything that was queued', async () => {
  const { outbox, sealed, drain, next } = slowOutbox()
  outbox.message(LARGE).catch(ignore)
  await settled()
  outbox.message(LARGE).catch(ignore)
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
  const { outbox, next } = slowOutbox()
  const sent = [1, 2].map(() => outbox.message(LARGE))
  outbox.hasAcknowledged(1)
  outbox.close(Object.assign(new Error(), { code: 'cut' }))
  await sent[0]
  assert.not(await isPending(sent[1] as Promise<void>))
  await rejects(sent[1] as Promise<void>, 'cut')
  outbox.abort('too_late')
  await settled()
  throws(() => next(), 'ERR_ASSERTION')
})

test.run()
