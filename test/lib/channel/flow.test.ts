/** How a channel makes its peer wait, refuses what makes no sense, and ends: record by record, on a stream in memory. */
import { Duplex } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, u16 } from '../../../src/lib/bytes.ts'
import { Channel } from '../../../src/lib/channel/channel.ts'
import type { ChannelRecord } from '../../../src/lib/channel/records.ts'
import { Wire } from '../../../src/lib/channel/wire.ts'
import type { TraceEvent } from '../../../src/lib/trace.ts'
import { conversation, dialBob, startBob } from '../../helpers/channels.ts'
import {
  isPending,
  memoryConversation,
  message,
  sealRecords,
  settled,
  transportPair,
} from '../../helpers/memory.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('channel, record by record')

const MIB = 1024 * 1024
const END: ChannelRecord = { type: 'end' }
const ack = (count: number): ChannelRecord => ({ type: 'ack', count })
const abort = (code: string): ChannelRecord => ({ type: 'abort', code })
const ignore = () => {}

/** Bob's channel on a stream that gives a transport message each time it is asked, and counts its bytes. */
function faucet(frames: number, record: () => ChannelRecord, perFrame = 1) {
  const { alice, bob } = transportPair()
  let left = frames
  let pulled = 0
  const stream = new Duplex({
    read() {
      if (left-- <= 0) return
      const sealed = sealRecords(alice, ...Array.from({ length: perFrame }, record))
      pulled += sealed.length + 2
      this.push(concat(u16(sealed.length), sealed))
    },
    write: (_bytes, _encoding, done) => done(),
  })
  const peer = { username: 'alice', address: '192.0.2.1' }
  return { channel: new Channel(new Wire(stream), bob, { peer }), pulled: () => pulled }
}

test('takes little more than 1 MiB from the connection while nobody reads, and all of it afterwards', async () => {
  const body = new Uint8Array(60_000)
  const { channel, pulled } = faucet(100, () => ({ type: 'message', body }))
  await settled()
  await settled()
  const before = pulled()
  assert.ok(before > MIB, `${before} bytes`)
  // What waits, one frame that was being opened, and what the stream keeps ready.
  assert.ok(before < MIB + 4 * 65_536, `${before} bytes`)
  await settled()
  assert.is(pulled(), before, 'it has stopped')
  for (let i = 0; i < 100; i++) assert.is((await channel.receive())?.bytes.length, 60_000)
  assert.ok(pulled() > 6_000_000)
  channel.destroy()
})

test('stops as well for messages of nothing', async () => {
  const perFrame = 1000
  const { channel, pulled } = faucet(200, () => message(), perFrame)
  await settled()
  await settled()
  // 8192 may wait; each is 3 bytes on the wire. The stream keeps 64 KiB ready.
  assert.ok(pulled() < (8192 + 2 * perFrame) * 3 + 2 * 65_536, `${pulled()} bytes`)
  for (let i = 0; i < 200 * perFrame; i++) assert.is((await channel.receive())?.bytes.length, 0)
  channel.destroy()
})

for (const [what, counts] of [
  ['repeats its count', [1, 1]],
  ['goes back', [2, 1]],
  ['goes beyond what was sent', [4]],
  ['is of nothing', [0]],
] as const) {
  test(`an acknowledgement that ${what} is refused, with a reason`, async () => {
    const { bob, alice } = memoryConversation()
    const sent = [1, 2, 3].map((n) => bob.send(`${n}`))
    const outcomes = Promise.allSettled(sent)
    await alice.hear()
    alice.say(...counts.map(ack))
    assert.equal(await alice.hear(), [abort('malformed')])
    assert.is(await alice.hear(), undefined)
    await rejects(bob.receive(), 'malformed')
    const lost = (await outcomes).filter(({ status }) => status === 'rejected')
    assert.is(lost.length, counts.length === 1 ? 3 : 3 - counts[0])
  })
}

test('its half stays open until the peer has ended, too', async () => {
  const { bob, alice, stream } = memoryConversation()
  const closing = bob.close()
  assert.equal(await alice.hear(), [END])
  await settled()
  assert.not(stream.writableEnded)
  alice.say(END)
  assert.is(await alice.hear(), undefined)
  alice.wire.end()
  assert.not(await isPending(closing))
  await closing
})

test('its half stays open until a message that came before the end is read and acknowledged', async () => {
  const { bob, alice, stream } = memoryConversation()
  bob.end()
  assert.equal(await alice.hear(), [END])
  alice.say(message('one'), message('two'), END)
  alice.wire.end()
  await settled()
  assert.not(stream.writableEnded, 'two are unread')
  assert.is((await bob.receive())?.text, 'one')
  assert.is((await bob.receive())?.text, 'two')
  assert.equal(await alice.hear(), [ack(1)])
  await settled()
  assert.not(stream.writableEnded, 'one is read, and not handled')
  assert.is(await bob.receive(), undefined)
  assert.equal(await alice.hear(), [ack(2)])
  assert.is(await alice.hear(), undefined)
  assert.not(await isPending(bob.closed))
})

test('its half stays open while a message that a reader waited for is being handled', async () => {
  const { bob, alice, stream } = memoryConversation()
  bob.end()
  const reading = bob.receive()
  assert.equal(await alice.hear(), [END])
  alice.say(message('one'), END)
  assert.is((await reading)?.text, 'one')
  await settled()
  assert.not(stream.writableEnded)
  bob.close().catch(ignore)
  assert.equal(await alice.hear(), [ack(1)])
  assert.is(await alice.hear(), undefined)
  alice.wire.end()
  assert.not(await isPending(bob.closed))
})

test('close says the last acknowledgement and the end before it closes its half', async () => {
  const { bob, alice } = memoryConversation()
  alice.say(message('one'), END)
  await bob.receive()
  await settled()
  const closing = bob.close()
  assert.equal(await alice.hear(), [ack(1), END])
  assert.is(await alice.hear(), undefined)
  alice.wire.end()
  assert.not(await isPending(closing))
  await closing
})

test('a peer that leaves in good order without acknowledging leaves the sender told so', async () => {
  const { bob, alice } = memoryConversation()
  const sent = rejects(bob.send('anybody?'), 'not_acknowledged')
  const closed = rejects(bob.close(), 'not_acknowledged')
  await alice.hear()
  alice.say(END)
  alice.wire.end()
  await Promise.all([sent, closed])
})

test('close with messages waiting unread tells the peer so at once, and is no error', async () => {
  const { bob, alice } = memoryConversation()
  alice.say(message('read'), message('unread'))
  assert.is((await bob.receive())?.text, 'read')
  await bob.close()
  assert.equal(await alice.hear(), [ack(1), abort('not_read')])
  assert.is(await alice.hear(), undefined)
  await bob.closed
  await rejects(bob.send('more'), 'channel_closed')
})

test('close while the peer still sends tells it so as soon as something comes, and is no error', async () => {
  const { bob, alice } = memoryConversation()
  const closing = bob.close()
  assert.equal(await alice.hear(), [END])
  assert.ok(await isPending(closing))
  alice.say(message('too late'))
  assert.equal(await alice.hear(), [abort('not_read')])
  assert.not(await isPending(closing))
  await closing
})

test('close while the peer is in the middle of a message waits for the rest of it to say so', async () => {
  const { bob, alice } = memoryConversation()
  alice.say({ type: 'part', body: Buffer.from('half') })
  await settled()
  const closing = bob.close()
  assert.equal(await alice.hear(), [END])
  alice.say(message('the rest'))
  assert.equal(await alice.hear(), [abort('not_read')])
  assert.not(await isPending(closing))
  await closing
})

test('a sender whose messages nobody reads fails at once with what became of them', async () => {
  for (const when of ['waiting', 'coming']) {
    const { alice, bob, end } = await conversation()
    const sends = when === 'waiting' ? [alice.send('one'), alice.send('two')] : []
    // A third that is read, so that the first two have come.
    if (when === 'waiting') await bob.receive()
    const outcomes = Promise.allSettled(sends)
    const closing = bob.close()
    if (when === 'coming') {
      assert.is(await alice.receive(), undefined)
      await rejects(alice.send('late'), 'channel_aborted')
    }
    await closing
    const codes = (await outcomes).map((outcome) =>
      outcome.status === 'fulfilled' ? 'sent' : (outcome.reason as { code: string }).code,
    )
    assert.equal(codes, when === 'waiting' ? ['sent', 'channel_aborted'] : [])
    await rejects(alice.close(), 'channel_aborted')
    await end()
  }
})

test('the reason reaches a peer that is still sending a lot', async () => {
  const traced: TraceEvent[] = []
  let full = () => {}
  const isFull = new Promise<void>((resolve) => {
    full = resolve
  })
  const bob = await startBob({
    trace: (event) => {
      traced.push(event)
      // More than may wait: from now on what alice sends stays in the connection.
      if (traced.filter(({ name }) => name === 'message').length === 2) full()
    },
  })
  const alice = await dialBob(bob)
  const channel = await bob.channels.next()
  const sends = Promise.allSettled(Array.from({ length: 30 }, () => alice.send(new Uint8Array(1_000_000))))
  await isFull
  channel.destroy('disk_full')
  for (const outcome of await sends) {
    assert.is(outcome.status === 'rejected' && (outcome.reason as { code: string }).code, 'channel_aborted')
  }
  await rejects(alice.receive(), 'channel_aborted')
  await bob.listener.close()
})

test('an abort takes the place of what was queued', async () => {
  const { bob, alice } = memoryConversation()
  const sent = [1, 2, 3].map(() => rejects(bob.send(new Uint8Array(MIB)), 'channel_closed'))
  bob.end()
  bob.destroy('changed_my_mind')
  // What fills the connection is on its way already.
  const heard: ChannelRecord[] = []
  for (let records = await alice.hear(); records; records = await alice.hear()) heard.push(...records)
  assert.equal(heard.pop(), abort('changed_my_mind'))
  assert.ok(heard.length < 10, `${heard.length} records`)
  assert.ok(heard.every(({ type }) => type === 'part'))
  await Promise.all(sent)
})

test('anything but an acknowledgement or an abort after the end is refused', async () => {
  for (const record of [message('more'), { type: 'part', body: Buffer.of(1) } as const, END]) {
    const { bob, alice } = memoryConversation()
    alice.say(END)
    alice.say(record)
    assert.equal(await alice.hear(), [abort('malformed')])
    assert.is(await bob.receive(), undefined)
    await rejects(bob.send('anything'), 'malformed')
  }
  const { bob, alice } = memoryConversation()
  const sent = bob.send('one')
  await alice.hear()
  alice.say(END)
  alice.say(ack(1))
  await sent
  alice.say(abort('gave_up'))
  const gaveUp = await bob.send('two').catch((error) => error)
  assert.equal([gaveUp.code, gaveUp.message], ['channel_aborted', 'the peer gave up'])
})

test('a trace says who sent each record, at both ends and in both directions', async () => {
  const traces = { alice: [] as string[], bob: [] as string[] }
  const record =
    (lines: string[]) =>
    ({ from, name, to }: TraceEvent) =>
      lines.push(`${from} ${name} ${to}`)
  const listening = await startBob({ trace: record(traces.bob) })
  const alice = await dialBob(listening, { trace: record(traces.alice) })
  const bob = await listening.channels.next()
  const asked = alice.send('how are you?')
  await bob.receive()
  const answered = bob.send('well')
  await alice.receive()
  await Promise.all([alice.close(), bob.close(), asked, answered])
  const all = [
    'alice ticket bob',
    'alice noise-1 bob',
    'bob noise-2 alice',
    'alice message bob',
    'bob message alice',
    'alice ack bob',
    'alice end bob',
    'bob ack alice',
    'bob end alice',
  ]
  assert.equal(traces.alice.slice().sort(), all.slice().sort())
  assert.equal(traces.bob.slice().sort(), all.slice().sort())
  const messages = traces.alice.filter((line) => line.includes('message'))
  assert.equal(messages, ['alice message bob', 'bob message alice'])
  await listening.listener.close()
})

test.run()
