/** Streams over a channel: whole or an error, in order with the messages, no faster than they are read. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../../src/lib/bytes.ts'
import type { ChannelRecord } from '../../../src/lib/channel/records.ts'
import { conversation, dialBob, startBob } from '../../helpers/channels.ts'
import { startMeddler } from '../../helpers/meddler.ts'
import { isPending, memoryConversation, message, settled } from '../../helpers/memory.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('streams over a channel')

const MIB = 1024 * 1024
const END: ChannelRecord = { type: 'end' }
const OVER: ChannelRecord = { type: 'data', body: new Uint8Array(0) }
const data = (body: string): ChannelRecord => ({ type: 'data', body: utf8(body) })
const ack = (count: number): ChannelRecord => ({ type: 'ack', count })
const ignore = () => {}

/** Bytes that differ from piece to piece. */
function* pieces(count: number, length: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(length, `${i} `)
}

test('bytes arrive as they were written, whatever the pieces, both ways at once', async () => {
  for (const [count, length] of [
    [0, 0],
    [1, 1],
    [10_000, 7],
    [40, 65_536],
    [3, 3 * MIB],
    [65, 65_505],
  ] as const) {
    const { alice, bob, end } = await conversation()
    const hash = (chunks: Iterable<Buffer>) => {
      const sum = createHash('sha256')
      for (const chunk of chunks) sum.update(chunk)
      return sum.digest('hex')
    }
    const talk = async (channel: typeof alice) => {
      const stream = channel.stream()
      const sum = createHash('sha256')
      await Promise.all([
        pipeline(Readable.from(pieces(count, length)), stream, { end: true }).catch(ignore),
        (async () => {
          for await (const chunk of stream) sum.update(chunk)
        })(),
      ])
      return sum.digest('hex')
    }
    const sums = await Promise.all([talk(alice), talk(bob)])
    assert.equal(sums, [hash(pieces(count, length)), hash(pieces(count, length))], `${count} of ${length}`)
    await Promise.all([alice.close(), bob.close()])
    await end()
  }
})

test('a stream is finished when the peer has read it to its end, and not before', async () => {
  const { bob, alice } = memoryConversation()
  const stream = bob.stream()
  const finished = once(stream, 'finish')
  stream.end('all of it')
  assert.equal(await alice.hear(), [data('all of it'), OVER])
  assert.ok(await isPending(finished))
  alice.say(ack(1))
  await finished
  bob.destroy()
})

test('reading to the end acknowledges, and only that', async () => {
  const { bob, alice, transports } = memoryConversation()
  const stream = bob.stream()
  alice.say(data('some'), data('thing'), OVER)
  await settled()
  await settled()
  assert.is(stream.read(4)?.toString(), 'some')
  await settled()
  assert.is(transports.bob.send.n, 0, 'nothing was said')
  assert.is(await text(stream), 'thing')
  assert.equal(await alice.hear(), [ack(1)])
  bob.destroy()
})

test('messages and streams keep their order, and what comes next can be asked', async () => {
  const { alice, bob, end } = await conversation()
  const sent = (async () => {
    const first = alice.send('first')
    const stream = alice.stream()
    stream.resume()
    stream.end('in between')
    await once(stream, 'finish')
    await first
    await alice.send('last')
    await alice.close()
  })()
  assert.is(await bob.next(), 'message')
  assert.is(await bob.next(), 'message', 'it was not taken')
  assert.is((await bob.receive())?.text, 'first')
  assert.is(await bob.next(), 'stream')
  await rejects(bob.receive(), 'stream_unexpected')
  const stream = bob.stream()
  assert.is(await text(stream), 'in between')
  stream.end()
  assert.is((await bob.receive())?.text, 'last')
  assert.is(await bob.next(), undefined)
  await bob.close()
  await sent
  await end()
})

test('one stream after the other, in each direction', async () => {
  const { alice, bob, end } = await conversation()
  const echo = (async () => {
    for (let i = 0; i < 3; i++) {
      const stream = bob.stream()
      stream.end(await buffer(stream))
      await once(stream, 'close')
    }
  })()
  for (let i = 0; i < 3; i++) {
    const stream = alice.stream()
    assert.throws(() => alice.stream(), /there is a stream already/)
    stream.end(`number ${i}`)
    assert.is(await text(stream), `number ${i}`)
    if (!stream.closed) await once(stream, 'close')
  }
  await echo
  await Promise.all([alice.close(), bob.close()])
  await end()
})

test('half-close: after our end the peer may go on for as long as it likes', async () => {
  const { alice, bob, end } = await conversation()
  const [one, other] = [alice.stream(), bob.stream()]
  one.end('question')
  assert.is(await text(other), 'question')
  for (let i = 0; i < 3; i++) {
    other.write(`answer ${i} `)
    await settled()
  }
  other.end()
  assert.is(await text(one), 'answer 0 answer 1 answer 2 ')
  await Promise.all([alice.close(), bob.close()])
  await end()
})

test('nothing but pieces comes inside a stream, and none inside a message', async () => {
  for (const records of [
    [data('a'), message('b')],
    [data('a'), { type: 'part', body: Buffer.of(1) } as const],
    [data('a'), END],
    [{ type: 'part', body: Buffer.of(1) } as const, data('a')],
    [{ type: 'part', body: Buffer.of(1) } as const, OVER],
    [END, data('a')],
    [END, OVER],
  ]) {
    const { bob, alice } = memoryConversation()
    const stream = bob.stream().on('error', ignore).resume()
    const failed = new Promise((resolve) => stream.on('close', resolve))
    alice.say(...records)
    assert.equal(await alice.hear(), [{ type: 'abort', code: 'malformed' }])
    await failed
    await rejects(bob.send('more'), 'malformed')
  }
})

test('a stream that is cut is an error, never a shorter stream, wherever it is cut', async () => {
  for (let cut = 0; cut < 6; cut++) {
    const bob = await startBob()
    // 0 to 2 are the handshake; then some transport messages with pieces, the last with the end.
    const meddler = await startMeddler(bob.port, (direction, index, piece) =>
      direction === 'to-bob' && index === 3 + cut ? 'cut' : [piece],
    )
    const alice = await dialBob(bob, { port: meddler.port })
    const channel = await bob.channels.next()
    const sending = rejects(
      pipeline(Readable.from(pieces(6, 65_000)), alice.stream().resume()),
      'channel_truncated',
    )
    let came = 0
    const reading = async () => {
      for await (const chunk of channel.stream()) came += (chunk as Buffer).length
    }
    await rejects(reading(), 'channel_truncated')
    await sending
    assert.ok(came < 6 * 65_000)
    await meddler.close()
    await bob.listener.close()
  }
})

test('to give up a stream tells the peer, whose stream fails', async () => {
  const { alice, bob, end } = await conversation()
  const [one, other] = [alice.stream(), bob.stream()]
  one.write('some')
  other.once('data', () => one.destroy())
  await rejects(buffer(other), 'channel_aborted')
  await rejects(alice.send('x'), 'channel_closed')
  await end()
})

test('a channel does not end in good order with a stream half written', async () => {
  const { alice, bob, end } = await conversation()
  alice.stream().resume().write('half')
  throws(() => alice.end(), 'stream_unfinished')
  await rejects(alice.send('between'), 'stream_unfinished')
  await rejects(alice.close(), 'stream_unfinished')
  await rejects(buffer(bob.stream()), 'channel_aborted')
  await end()
})

test('after our end, messages may follow, and the end of the channel, whatever the peer still writes', async () => {
  const { alice, bob, end } = await conversation()
  const [one, other] = [alice.stream(), bob.stream()]
  one.end('all')
  assert.is(await text(other), 'all')
  const sent = alice.send('after')
  alice.end()
  assert.is((await bob.receive())?.text, 'after')
  other.end('answer')
  assert.is(await text(one), 'answer')
  await Promise.all([bob.close(), alice.close(), sent])
  await end()
})

test('pieces that were gathered are the beginning of a stream as well', async () => {
  const { alice, end } = await conversation()
  const stream = alice.stream().on('error', ignore)
  stream.cork()
  stream.write('one')
  stream.write('two')
  stream.uncork()
  throws(() => alice.end(), 'stream_unfinished')
  await end()
})

test('to destroy a stream that has been read, and not written to its end, is to give up', async () => {
  const { alice, bob, end } = await conversation()
  const [one, other] = [alice.stream(), bob.stream()]
  other.write('half')
  one.end('all')
  assert.is(await text(other), 'all')
  const failed = rejects(buffer(one), 'channel_aborted')
  other.destroy()
  await failed
  await end()
})

test('a stream that nobody read is told to its sender when the channel is closed', async () => {
  const { alice, bob, end } = await conversation()
  const sent = rejects(pipeline(Readable.from(['unread']), alice.stream().resume()), 'channel_aborted')
  assert.is(await bob.next(), 'stream')
  await bob.close()
  await sent
  await end()
})

test('for a peer that ends the channel without a stream of its own, ours is empty', async () => {
  const { alice, bob, end } = await conversation()
  const stream = alice.stream()
  stream.end('only this way')
  assert.is(await text(bob.stream()), 'only this way')
  const closing = bob.close()
  assert.is(await text(stream), '')
  await alice.close()
  await closing
  await end()
})

test('a reader that stops makes the writer wait, with little in between', async () => {
  const { alice, bob, end } = await conversation()
  const stream = alice.stream().resume()
  let written = 0
  const source = Readable.from(
    (function* () {
      for (const piece of pieces(64, MIB)) {
        written += piece.length
        yield piece
      }
    })(),
    { highWaterMark: 1 },
  )
  const sent = pipeline(source, stream)
  const other = bob.stream()
  // It has begun to read: what it has not taken waits in between, too.
  other.read(0)
  let before = -1
  while (before !== written) {
    before = written
    // The system's own buffers take some while to fill.
    for (let i = 0; i < 50; i++) await settled()
  }
  assert.ok(written < 32 * MIB, `${written} bytes`)
  let came = 0
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      came += chunk.length
      setImmediate(done)
    },
  })
  await Promise.all([pipeline(other, sink), other.end()])
  await sent
  assert.is(came, 64 * MIB)
  await end()
})

test('bytes arrive in their order, however slowly they are read', async () => {
  const { alice, bob, end } = await conversation()
  const whole = Buffer.alloc(8 * MIB)
  for (let at = 0; at < whole.length; at += 4) whole.writeUInt32BE(at, at)
  const sent = pipeline(Readable.from([whole]), alice.stream().resume())
  const stream = bob.stream()
  const came: Uint8Array[] = []
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      came.push(chunk)
      setImmediate(() => setImmediate(done))
    },
  })
  // So much waits already that the connection does.
  await settled()
  await Promise.all([pipeline(stream, slow), stream.end()])
  await sent
  assert.ok(Buffer.concat(came).equals(whole))
  await end()
})

test('pieces of one byte that nobody reads take as much room as they cost', async () => {
  const { bob, alice } = memoryConversation()
  const stream = bob.stream().on('readable', ignore)
  for (let i = 0; i < 100; i++) alice.say(...Array.from({ length: 5_000 }, () => data('.')))
  await settled()
  assert.ok(alice.stream.writableLength > 0, 'the connection waits')
  assert.ok(stream.readableLength < 30_000, `${stream.readableLength} pieces`)
  bob.destroy()
})

test('a line that is cut after all was read ends no program that has stopped listening', async () => {
  const { bob, stream: line, alice } = memoryConversation()
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note)
  alice.say(data('all of it'), OVER)
  let came = ''
  for await (const chunk of bob.stream()) came += chunk
  assert.is(came, 'all of it')
  line.destroy(new Error('cut'))
  await settled()
  process.off('uncaughtException', note)
  assert.equal(uncaught, [])
  await rejects(bob.receive(), 'channel_truncated')
})

test("what a program throws when it is given a piece is the program's, not the channel's", async () => {
  const { bob, alice } = memoryConversation()
  const mistake = new TypeError('a mistake')
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
  let came = ''
  const stream = bob.stream().on('data', (chunk) => {
    came += chunk
    if (came === 'one two') throw mistake
  })
  for (const piece of ['one', ' two']) {
    alice.say(data(piece))
    await settled()
  }
  assert.is(await uncaught, mistake)
  alice.say(data(' three'), OVER)
  await once(stream, 'end')
  assert.is(came, 'one two three')
  bob.destroy()
})

test('as web streams', async () => {
  const { alice, bob, end } = await conversation()
  const [one, other] = [alice.webStream(), bob.webStream()]
  const writer = one.writable.getWriter()
  const sent = (async () => {
    await writer.write(Buffer.from('over '))
    await writer.write(Buffer.from('the web'))
    await writer.close()
  })()
  let came = ''
  for await (const chunk of other.readable) came += Buffer.from(chunk).toString()
  assert.is(came, 'over the web')
  await sent
  const closing = other.writable.close()
  assert.ok((await one.readable.getReader().read()).done)
  await closing
  await Promise.all([alice.close(), bob.close()])
  await end()
})

test.run()
