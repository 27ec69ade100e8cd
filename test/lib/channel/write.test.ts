/** Many small messages: `write`, `drained` and `flush` at one end, `forEach` at the other. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { Inbox } from '../../../src/lib/channel/inbox.ts'
import { Message } from '../../../src/lib/channel/message.ts'
import { conversation } from '../../helpers/channels.ts'
import { isPending, memoryConversation, message, settled } from '../../helpers/memory.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('write and forEach')

/** Something that happens when a test says so. */
function moment() {
  let happen = () => {}
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happen, happened }
}

/** Resolves when so many messages are acknowledged. */
async function acknowledged(channel: Channel, count: number): Promise<void> {
  while (channel.acknowledged < count) await new Promise(setImmediate)
}

test('what is written arrives whole, in order, once; flush waits for all of it', async () => {
  const { alice, bob, end } = await conversation()
  const heard: string[] = []
  const reading = bob.forEach((message) => void heard.push(message.text))
  const written = Array.from({ length: 20_000 }, (_, i) => `${i}`.padEnd(i % 300, '.'))
  for (const text of written) if (!alice.write(text)) await alice.drained()
  await alice.flush()
  assert.is(alice.acknowledged, written.length)
  assert.is(heard.length, written.length)
  assert.equal(heard, written)
  await alice.flush()
  alice.end()
  await reading
  await Promise.all([alice.close(), bob.close()])
  await end()
})

test('bytes may change as soon as write returns, and so they may after send', async () => {
  const { alice, bob, end } = await conversation()
  const bytes = Buffer.alloc(100_000, 1)
  alice.write(bytes)
  bytes.fill(2)
  const sent = alice.send(bytes)
  bytes.fill(3)
  const heard: number[][] = []
  const reading = bob.forEach(
    ({ bytes }) => void heard.push([bytes.length, bytes[0] ?? 0, bytes.at(-1) ?? 0]),
  )
  await sent
  assert.equal(heard, [
    [100_000, 1, 1],
    [100_000, 2, 2],
  ])
  alice.end()
  await reading
  await end()
})

test('write says when more should wait, and drained ends when the peer reads', async () => {
  const { alice, bob, end } = await conversation()
  const piece = Buffer.alloc(60_000, 1)
  let written = 0
  let room = Promise.resolve()
  // The system's buffers of both ends, and ours.
  do {
    while (alice.write(piece)) assert.ok(++written < 1000)
    written++
    room = alice.drained()
  } while (!(await isPending(room)))
  // It is sent nevertheless.
  alice.write(piece)
  let heard = 0
  const reading = bob.forEach(() => void heard++)
  await room
  await alice.flush()
  assert.is(heard, written + 1)
  alice.end()
  await reading
  await end()
})

test('a message is acknowledged when its handler is done, and the next one waits for that', async () => {
  const { alice, bob, end } = await conversation()
  const moments = [moment(), moment()]
  const heard: string[] = []
  const reading = bob.forEach(async (message) => {
    heard.push(message.text)
    await moments[heard.length - 1]?.happened
  })
  for (const text of ['one', 'two', 'three']) alice.write(text)
  const flushed = alice.flush()
  while (heard.length === 0) await new Promise(setImmediate)
  // What is sent afterwards arrives, so an acknowledgement would have arrived too.
  bob.write('still busy')
  assert.is((await alice.receive())?.text, 'still busy')
  assert.equal(heard, ['one'])
  assert.is(alice.acknowledged, 0)
  moments[0]?.happen()
  await acknowledged(alice, 1)
  assert.equal(heard, ['one', 'two'])
  assert.ok(await isPending(flushed))
  assert.is(alice.acknowledged, 1)
  moments[1]?.happen()
  await flushed
  assert.equal(heard, ['one', 'two', 'three'])
  alice.end()
  await reading
  await end()
})

test('when the line breaks, it is known how many arrived', async () => {
  const { alice, bob, end } = await conversation()
  let handled = 0
  const reading = bob.forEach(async () => {
    if (++handled === 4) await new Promise(() => {})
  })
  for (let i = 0; i < 10; i++) alice.write(`${i}`)
  await acknowledged(alice, 3)
  bob.destroy('disk_full')
  await rejects(alice.flush(), 'channel_aborted')
  await rejects(alice.drained(), 'channel_aborted')
  throws(() => alice.write('more'), 'channel_aborted')
  assert.is(alice.acknowledged, 3)
  assert.is(handled, 4)
  assert.ok(await isPending(reading), 'its handler is still at work')
  await end()
})

test('who waits when the line breaks hears of it', async () => {
  const { alice, bob, end } = await conversation()
  while (alice.write(Buffer.alloc(60_000))) {}
  const waiting = [alice.drained(), alice.flush()].map((promise) => rejects(promise, 'channel_aborted'))
  bob.destroy('disk_full')
  await Promise.all(waiting)
  assert.is(alice.acknowledged, 0)
  await end()
})

test('a signal ends the waiting, and nothing else', async () => {
  const { alice, bob, end } = await conversation()
  while (alice.write(Buffer.alloc(60_000))) {}
  const signal = AbortSignal.abort(Object.assign(new Error('enough'), { code: 'enough' }))
  const later = new AbortController()
  const waiting = [alice.drained({ signal: later.signal }), alice.flush({ signal: later.signal })]
  await Promise.all([alice.drained({ signal }), alice.flush({ signal })].map((one) => rejects(one, 'enough')))
  later.abort(signal.reason)
  await Promise.all(waiting.map((one) => rejects(one, 'enough')))
  let heard = 0
  const reading = bob.forEach(() => void heard++)
  await alice.flush()
  assert.is(heard, alice.acknowledged)
  alice.end()
  await reading
  for (const wrong of [{ signal: 7 }, { wait: 1 }]) {
    for (const call of [alice.flush(wrong as object), alice.drained(wrong as object)])
      assert.instance(await call.catch((error) => error), TypeError)
  }
  await end()
})

test('what a handler throws ends the reading, not the channel; its message is acknowledged by who reads on', async () => {
  for (const how of ['throws', 'rejects'] as const) {
    const { alice, bob, end } = await conversation()
    const error = Object.assign(new Error('no room'), { code: 'ENOSPC' })
    const handler = ({ text }: Message) => {
      if (text === 'two') throw error
    }
    const reading = bob.forEach(how === 'throws' ? handler : async (message) => handler(message))
    for (const text of ['one', 'two', 'three']) alice.write(text)
    await rejects(reading, 'ENOSPC')
    bob.write('it is so')
    assert.is((await alice.receive())?.text, 'it is so')
    assert.is(alice.acknowledged, 1, how)
    assert.is((await bob.receive())?.text, 'three')
    await acknowledged(alice, 2)
    await end()
  }
})

test('forEach ends where the peer does, and tells why when that is no end', async () => {
  const one = memoryConversation()
  const heard: string[] = []
  const read = (channel: Channel) => channel.forEach(({ text }) => void heard.push(text))
  one.alice.say(message('waits already'))
  await settled()
  const reading = read(one.bob)
  one.alice.say(message('one'), message('two'), { type: 'end' })
  await reading
  assert.equal(heard.splice(0), ['waits already', 'one', 'two'])
  await read(one.bob)

  const two = memoryConversation()
  two.alice.say(message('came before'))
  await settled()
  two.alice.stream.end()
  await settled()
  await rejects(read(two.bob), 'channel_truncated')
  assert.equal(heard.splice(0), ['came before'])

  const three = memoryConversation()
  three.alice.say(message('before'), { type: 'data', body: Buffer.from('piece') })
  await rejects(read(three.bob), 'stream_unexpected')
  assert.equal(heard, ['before'])
  assert.is(await three.bob.next(), 'stream')
})

test('a handler may close the channel, which acknowledges what it has in hand, or destroy it', async () => {
  const { alice, bob, end } = await conversation()
  let closed: Promise<void> | undefined
  const reading = bob.forEach(() => {
    closed = bob.close()
  })
  await alice.send('enough')
  await reading
  await Promise.all([alice.close(), closed])
  await end()

  for (const texts of [['one'], ['one', 'two']]) {
    const { alice, bob } = memoryConversation()
    const heard: string[] = []
    const reading = bob.forEach(({ text }) => {
      heard.push(text)
      bob.destroy()
    })
    alice.say(...texts.map(message))
    await rejects(reading, 'channel_closed')
    assert.equal(heard, ['one'])
  }
})

test('a channel has one reader at a time', async () => {
  const { bob, alice } = memoryConversation()
  const reading = bob.forEach(() => {})
  assert.throws(() => bob.forEach(() => {}), TypeError)
  await bob.receive().then(
    () => assert.unreachable(),
    (error) => assert.instance(error, TypeError),
  )
  alice.say({ type: 'end' })
  await reading
  const waiting = memoryConversation()
  waiting.bob.receive().catch(() => {})
  assert.throws(() => waiting.bob.forEach(() => {}), TypeError)
})

test('a message in hand is not acknowledged by a second reader, by a stream, or by what the stream brings', async () => {
  const { bob, alice } = memoryConversation()
  const { happen, happened } = moment()
  const heard: string[] = []
  const reading = bob.forEach(async ({ text }) => {
    heard.push(text)
    await happened
  })
  const data = (text: string) => ({ type: 'data' as const, body: Buffer.from(text) })
  alice.say(message('in hand'), data('piece'), data(''), message('next'))
  await settled()
  for (const read of [() => bob.receive(), () => bob.next(), async () => bob.forEach(() => {})]) {
    await read().then(
      () => assert.unreachable(),
      (error) => assert.instance(error, TypeError),
    )
  }
  const pieces: string[] = []
  for await (const piece of bob.stream()) pieces.push(String(piece))
  assert.equal(pieces, ['piece'])
  bob.write('still busy')
  assert.equal(
    (await alice.hear())?.map(({ type }) => type),
    ['message'],
  )
  happen()
  await settled()
  assert.equal(await alice.hear(), [{ type: 'ack', count: 3 }])
  assert.equal(heard, ['in hand', 'next'])
  alice.say({ type: 'end' })
  await reading
})

test('a handler that closes the channel acknowledges what it has in hand', async () => {
  const { bob, alice } = memoryConversation()
  const reading = bob.forEach(async () => {
    await bob.close()
  })
  alice.say(message('bye'), { type: 'end' })
  assert.equal(await alice.hear(), [{ type: 'ack', count: 1 }, { type: 'end' }])
  assert.is(await alice.hear(), undefined)
  alice.stream.end()
  await reading
})

test('what is no message, or no function, is refused by name', async () => {
  const { bob } = memoryConversation()
  for (const wrong of [undefined, null, 7, {}, [1, 2], new ArrayBuffer(3)]) {
    assert.throws(() => bob.write(wrong as string), /^write: message: expected a string or a Uint8Array/)
    assert.throws(() => bob.send(wrong as string), /^send: message: expected a string or a Uint8Array/)
    assert.throws(() => bob.forEach(wrong as () => void), /^forEach: handler: expected a function/)
  }
})

test('a message that is too long is refused at once, and others are not', async () => {
  const { alice, bob, end } = await conversation({ maxMessageBytes: 10 })
  throws(() => alice.write('eleven byte'), 'message_too_large')
  assert.ok(alice.write('ten bytes.'))
  const sent = alice.flush()
  assert.is((await bob.receive())?.text, 'ten bytes.')
  bob.receive().catch(() => {})
  await sent
  alice.end()
  throws(() => alice.write('late'), 'channel_closed')
  await end()
})

test('what comes because a message made room does not overtake it', async () => {
  const MIB = 1024 * 1024
  let late = 0
  const inbox: Inbox = new Inbox(MIB, () => {
    while (late < 3) inbox.arrived(new Message(Buffer.of(late++)))
  })
  for (const first of [100, 101]) inbox.arrived(new Message(Buffer.alloc(MIB, first)))
  const heard: (number | undefined)[] = []
  void inbox.forEach(
    ({ bytes }) => void heard.push(bytes[0]),
    () => {},
  )
  assert.equal(heard, [100, 101, 0, 1, 2])
})

test.run()
