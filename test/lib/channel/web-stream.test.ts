/** A Node stream as web streams: what ends, breaks or waits on one side does so on the other. */
import { Duplex, duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toWebStreams } from '../../../src/lib/channel/web-stream.ts'
import { isPending, settled } from '../../helpers/memory.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('web streams')

const broken = () => Object.assign(new Error('the cable'), { code: 'cut' })

/** A stream that takes nothing, as one whose peer does not read. */
const stuck = () => new Duplex({ writableHighWaterMark: 1, read() {}, write() {}, final() {} })

test('read to its end, one half leaves the other open', async () => {
  const [near, far] = duplexPair()
  const { readable, writable } = toWebStreams(near)
  far.end('all')
  let came = ''
  for await (const piece of readable) came += Buffer.from(piece).toString()
  assert.is(came, 'all')
  const writer = writable.getWriter()
  await writer.write(Buffer.from('answer'))
  await settled()
  assert.is(far.read()?.toString(), 'answer')
  assert.not(near.destroyed)
})

test('nothing is read before somebody asks', async () => {
  let asked = 0
  const stream = new Duplex({
    readableHighWaterMark: 1,
    read() {
      asked++
      this.push(Buffer.alloc(10))
    },
    write: (_piece, _encoding, done) => done(),
  })
  const reader = toWebStreams(stream).readable.getReader()
  await settled()
  assert.is(asked, 0)
  await reader.read()
  await settled()
  assert.ok(asked > 0 && asked < 4, `${asked} times`)
})

test('a writer waits while the stream is full, and its end until the stream has finished', async () => {
  let taken: () => void = () => {}
  let finish: () => void = () => {}
  const stream = new Duplex({
    writableHighWaterMark: 1,
    read() {},
    write(_piece, _encoding, done) {
      taken = done
    },
    final(done) {
      finish = done
    },
  })
  const writer = toWebStreams(stream).writable.getWriter()
  const listeners = stream.listenerCount('close')
  const written = writer.write(Buffer.from('some'))
  assert.ok(await isPending(written))
  taken()
  assert.not(await isPending(written))
  assert.is(stream.listenerCount('close'), listeners)
  const closed = writer.close()
  assert.ok(await isPending(closed))
  finish()
  assert.not(await isPending(closed))
})

test('to cancel what is read, or to abort what is written, destroys the stream', async () => {
  for (const giveUp of [
    ({ readable }: ReturnType<typeof toWebStreams>) => readable.cancel(),
    ({ writable }: ReturnType<typeof toWebStreams>) => writable.abort(),
  ]) {
    const [near] = duplexPair()
    await giveUp(toWebStreams(near))
    assert.ok(near.destroyed)
  }
})

test('an error of the stream is one of both halves, and of whoever waits', async () => {
  const [near] = duplexPair()
  const { readable, writable } = toWebStreams(near)
  const writer = writable.getWriter()
  const told = [readable.getReader().read(), writer.closed].map((promise) => rejects(promise, 'cut'))
  near.destroy(broken())
  await Promise.all(told)
  await rejects(writer.write(Buffer.of(1)), 'cut')
})

test('an error while a writer waits for room, or for the end, is told to it', async () => {
  for (const wait of [
    (writer: WritableStreamDefaultWriter) => writer.write(Buffer.of(1)),
    (writer: WritableStreamDefaultWriter) => writer.close(),
  ]) {
    const stream = stuck()
    const writer = toWebStreams(stream).writable.getWriter()
    writer.closed.catch(() => {})
    const waiting = wait(writer as WritableStreamDefaultWriter)
    await settled()
    stream.destroy(broken())
    await rejects(waiting, 'cut')
  }
})

test('a writer that waits is told when the stream is destroyed without an error, and one that comes later, too', async () => {
  for (const wait of [
    (writer: WritableStreamDefaultWriter) => writer.write(Buffer.of(1)),
    (writer: WritableStreamDefaultWriter) => writer.close(),
  ]) {
    const stream = stuck()
    const writer = toWebStreams(stream).writable.getWriter() as WritableStreamDefaultWriter
    writer.closed.catch(() => {})
    const waiting = wait(writer)
    await settled()
    stream.destroy()
    await rejects(waiting, 'channel_closed')
    await rejects(writer.closed, 'channel_closed')
    const late = toWebStreams(stream).writable.getWriter() as WritableStreamDefaultWriter
    late.closed.catch(() => {})
    await rejects(wait(late), 'channel_closed')
  }
})

test('to abort destroys the stream also while something is being written', async () => {
  const stream = stuck()
  const writer = toWebStreams(stream).writable.getWriter()
  writer.closed.catch(() => {})
  const written = writer.write(Buffer.of(1)).catch(() => {})
  await settled()
  assert.not(await isPending(writer.abort()))
  assert.ok(stream.destroyed)
  assert.not(await isPending(written))
})

test.run()
