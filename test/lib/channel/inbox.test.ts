import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Inbox } from '../../../src/lib/channel/inbox.ts'
import { isPending, settled } from '../../helpers/memory.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('inbox')

const MIB = 1024 * 1024
/** What a waiting message costs besides its bytes. */
const OVERHEAD = 128

const bytes = (length: number) => new Uint8Array(length)

/** A message comes. */
const arrive = (inbox: Inbox, body: Uint8Array) => inbox.arrived(inbox.message(body))

/** An inbox, and how often it has said that there is room again. */
function counted(maxMessageBytes: number) {
  const said = { roomAgain: 0 }
  const inbox = new Inbox(maxMessageBytes, () => {
    said.roomAgain++
  })
  return { inbox, said }
}

test('is full with more than 1 MiB of waiting messages, until enough is read', async () => {
  const { inbox, said } = counted(MIB)
  arrive(inbox, bytes(MIB - OVERHEAD))
  assert.not(inbox.full)
  arrive(inbox, bytes(0))
  assert.ok(inbox.full)
  assert.is(said.roomAgain, 0)
  await inbox.receive()
  assert.not(inbox.full)
  assert.is(said.roomAgain, 1)
})

test('what comes in the moment in which there is room again is given after what made the room', () => {
  let next = 0
  const come = (inbox: Inbox) => {
    const piece = bytes(MIB / 4)
    piece[0] = next++
    inbox.data(piece)
  }
  const inbox: Inbox = new Inbox(MIB, () => {
    while (!inbox.full && next < 20) come(inbox)
  })
  while (!inbox.full) come(inbox)
  const given: (number | undefined)[] = []
  inbox.read({ piece: (piece) => given.push(piece[0]) > 0, ended() {} })
  inbox.resume()
  assert.equal(
    given,
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('is full while what waits is still too much, however often somebody reads', async () => {
  const { inbox, said } = counted(MIB)
  for (let i = 0; i < 4; i++) arrive(inbox, bytes(MIB / 2))
  await inbox.receive()
  await inbox.receive()
  assert.ok(inbox.full)
  assert.is(said.roomAgain, 0)
  await inbox.receive()
  assert.not(inbox.full)
  assert.is(said.roomAgain, 1)
})

test('empty messages take room too', async () => {
  const { inbox } = counted(MIB)
  for (let i = 0; i < MIB / OVERHEAD; i++) arrive(inbox, bytes(0))
  assert.not(inbox.full)
  arrive(inbox, bytes(0))
  assert.ok(inbox.full)
  await inbox.receive()
  assert.not(inbox.full)
})

test('pieces of a stream take room until its reader has them', () => {
  const { inbox, said } = counted(MIB)
  for (let i = 0; i < 20; i++) inbox.data(bytes(60_000))
  assert.ok(inbox.full)
  const read: number[] = []
  inbox.read({ piece: (piece) => read.push(piece.length) < 5, ended: () => {} })
  inbox.resume()
  assert.is(read.length, 5)
  assert.not(inbox.full)
  assert.is(said.roomAgain, 1)
  inbox.data(bytes(60_000))
  assert.is(read.length, 5, 'it has said that it wants no more')
  inbox.resume()
  assert.is(read.length, 6)
})

test('what comes because there is room again does not overtake what made the room', () => {
  let late = 3
  const inbox: Inbox = new Inbox(MIB, () => {
    while (late-- > 0) inbox.data(Buffer.of(0, late))
  })
  inbox.data(new Uint8Array(MIB).fill(1))
  const read: number[] = []
  inbox.read({ piece: (piece) => read.push(...piece.subarray(-6)) > 0, ended: () => {} })
  inbox.resume()
  assert.equal(read, [1, 1, 1, 1, 1, 1, 0, 2, 0, 1, 0, 0])
})

test('short pieces that waited are given together, long ones and the end apart', () => {
  const { inbox } = counted(MIB)
  const came: number[] = []
  for (const length of [1, 2, 3, 60_000, 16_000, 300, 100, 0]) inbox.data(bytes(length))
  inbox.read({ piece: (piece) => came.push(piece.length) > 0, ended: () => came.push(0) })
  inbox.resume()
  assert.equal(came, [6, 60_000, 16_300, 100, 0])
})

test('messages after a stream are not counted before it has been read', async () => {
  const { inbox } = counted(MIB)
  let read = () => {}
  inbox.read({
    piece: () => true,
    ended: (over) => {
      read = over
    },
  })
  inbox.resume()
  arrive(inbox, bytes(1))
  await inbox.receive()
  assert.is(inbox.delivered, 1)
  inbox.data(bytes(1))
  inbox.data(bytes(0))
  arrive(inbox, bytes(1))
  inbox.resume()
  await inbox.receive()
  assert.is(inbox.delivered, 1)
  read()
  assert.is(inbox.delivered, 3)
})

test('a message that somebody waits for is read at once', async () => {
  const { inbox } = counted(4 * MIB)
  const reading = inbox.receive()
  arrive(inbox, bytes(4 * MIB))
  assert.is((await reading)?.bytes.length, 4 * MIB)
  assert.not(inbox.full)
})

test('there is room again when nobody reads any more', () => {
  const { inbox, said } = counted(2 * MIB)
  arrive(inbox, bytes(2 * MIB))
  assert.ok(inbox.full)
  inbox.discard()
  assert.not(inbox.full)
  assert.is(said.roomAgain, 1)
})

test('puts a message together from its parts, up to the limit and not a byte beyond', async () => {
  const inbox = new Inbox(10)
  inbox.part(Buffer.from('123'))
  inbox.part(Buffer.from('456'))
  arrive(inbox, Buffer.from('7890'))
  arrive(inbox, Buffer.from('next'))
  assert.is((await inbox.receive())?.text, '1234567890')
  assert.is((await inbox.receive())?.text, 'next')
  inbox.part(bytes(10))
  throws(() => inbox.part(bytes(1)), 'message_too_large')
  throws(() => arrive(inbox, bytes(1)), 'message_too_large')
  throws(() => arrive(new Inbox(10), bytes(11)), 'message_too_large')
})

test('nothing comes after the end, and the end comes not inside a message', () => {
  const inside = new Inbox(10)
  inside.part(bytes(1))
  throws(() => inside.end(), 'malformed')
  const inbox = new Inbox(10)
  inbox.end()
  throws(() => inbox.end(), 'malformed')
  throws(() => inbox.part(bytes(1)), 'malformed')
  throws(() => arrive(inbox, bytes(0)), 'malformed')
})

test('what came before the end or an error is read first', async () => {
  const ended = new Inbox(10)
  arrive(ended, Buffer.from('last'))
  ended.end()
  assert.ok(ended.ended)
  assert.not(ended.finished)
  assert.is((await ended.receive())?.text, 'last')
  assert.ok(ended.finished)
  assert.is(await ended.receive(), undefined)

  const failed = new Inbox(10)
  arrive(failed, Buffer.from('last'))
  failed.fail(Object.assign(new Error(), { code: 'cut' }))
  assert.is((await failed.receive())?.text, 'last')
  await rejects(failed.receive(), 'cut')
})

test('counts what was read, not what was dropped', async () => {
  const inbox = new Inbox(10)
  const reading = inbox.receive()
  for (let i = 0; i < 4; i++) arrive(inbox, bytes(1))
  await reading
  await inbox.receive()
  assert.is(inbox.delivered, 2)
  assert.is(inbox.discard(), 2)
  assert.is(arrive(inbox, bytes(1)), false)
  assert.is(await inbox.receive(), undefined)
  assert.is(inbox.delivered, 2)
})

test('keeps nothing that was read, although something always waits', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const inbox = new Inbox(MIB)
  const read: WeakRef<Uint8Array>[] = []
  inbox.data(bytes(1000))
  const reader = {
    left: 0,
    piece: (piece: Uint8Array) => read.push(new WeakRef(piece)) > 0 && --reader.left > 0,
    ended() {},
  }
  inbox.read(reader)
  for (let i = 0; i < 5000; i++) {
    inbox.data(bytes(1000))
    reader.left = 1
    inbox.resume()
  }
  assert.is(read.length, 5000)
  // What a WeakRef has been asked for in this turn stays until the next.
  await new Promise(setImmediate)
  collect()
  assert.is(read.filter((piece) => piece.deref()).length, 0)
})

test('gives what comes in order, however much has gone through it', async () => {
  const inbox = new Inbox(MIB)
  for (let i = 0; i < 3; i++) arrive(inbox, Uint8Array.of(i))
  for (let i = 3; i < 5000; i++) {
    arrive(inbox, Uint8Array.of(i & 0xff))
    assert.is((await inbox.receive())?.bytes[0], (i - 3) & 0xff)
  }
})

test('is finished when a stream has been read to its end, not when it has been given', () => {
  const inbox = new Inbox(10)
  let read = () => {}
  inbox.read({
    piece: () => true,
    ended: (said) => {
      read = said
    },
  })
  inbox.resume()
  inbox.data(bytes(1))
  inbox.data(bytes(0))
  inbox.end()
  assert.not(inbox.finished)
  assert.is(inbox.delivered, 0)
  read()
  assert.ok(inbox.finished)
  assert.is(inbox.delivered, 1)
})

test('drops pieces that come when nobody reads any more, and says so', () => {
  const inbox = new Inbox(10)
  inbox.data(bytes(5))
  assert.is(inbox.discard(), 1)
  assert.ok(inbox.finished)
  assert.is(inbox.data(bytes(5)), false)
  assert.is(inbox.discard(), 0, 'it was kept')
})

test('a message is given once, whoever asks in the moment in which it comes', async () => {
  for (let microtasks = 0; microtasks < 5; microtasks++) {
    const inbox = new Inbox(10)
    const first = inbox.receive()
    arrive(inbox, Buffer.from('one'))
    for (let i = 0; i < microtasks; i++) await undefined
    const second = inbox.receive()
    await settled()
    arrive(inbox, Buffer.from('two'))
    const texts = await Promise.all([first, second].map(async (message) => (await message)?.text))
    assert.equal(texts.sort(), ['one', 'two'], `after ${microtasks}`)
    assert.is(inbox.delivered, 2)
  }
})

test('whoever waits hears that all is dropped, or that it failed, and may ask again', async () => {
  const dropped = new Inbox(10)
  const waiting = dropped.receive()
  dropped.discard()
  assert.not(await isPending(waiting))
  assert.is(await waiting, undefined)
  const failed = new Inbox(10)
  const cut = rejects(failed.receive(), 'cut')
  failed.fail(Object.assign(new Error(), { code: 'cut' }))
  await cut
  await rejects(failed.receive(), 'cut')
})

test('a stream that has its reader is not told to others, and messages are not given to it', async () => {
  const inbox = new Inbox(10)
  const given: string[] = []
  inbox.read({ piece: (piece) => given.push(Buffer.from(piece).toString()) > 1, ended: (read) => read() })
  inbox.resume()
  arrive(inbox, Buffer.from('before'))
  assert.is(await inbox.next(), 'message')
  assert.is((await inbox.receive())?.text, 'before')
  inbox.data(Buffer.from('some'))
  inbox.data(Buffer.from('more'))
  assert.equal(given, ['some'])
  const next = inbox.next()
  assert.ok(await isPending(next), 'the rest is for the reader')
  inbox.data(bytes(0))
  arrive(inbox, Buffer.from('after'))
  inbox.resume()
  assert.equal(given, ['some', 'more'])
  assert.not(await isPending(next))
  assert.is(await next, 'message')
})

test('messages that were put together have nothing in common, and a stream may follow', async () => {
  const inbox = new Inbox(100)
  const [one, two] = ['1', '2'].map((digit) => Buffer.from(digit.repeat(60)))
  for (const part of [one, two]) {
    inbox.part(part as Buffer)
    arrive(inbox, (part as Buffer).subarray(0, 20))
  }
  const [first, second] = [await inbox.receive(), await inbox.receive()]
  assert.is(first?.text, '1'.repeat(80))
  assert.is(second?.text, '2'.repeat(80))
  assert.ok((first?.bytes.buffer.byteLength ?? 0) <= 100, 'no more is kept than a message may have')
  assert.ok(inbox.data(bytes(1)))
  assert.ok(inbox.data(bytes(0)))
  inbox.end()
})

test.run()
