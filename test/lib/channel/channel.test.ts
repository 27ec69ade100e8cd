import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_MESSAGE_BYTES } from '../../../src/lib/channel/message.ts'
import { conversation, dialBob, startBob } from '../../helpers/channels.ts'
import { startMeddler } from '../../helpers/meddler.ts'
import { isPending, memoryConversation, settled } from '../../helpers/memory.ts'
import { rejects, throws } from '../../helpers/throws.ts'

const test = suite('channel')

test('carries messages both ways, in order, and ends in good order', async () => {
  const { alice, bob, end } = await conversation()
  assert.is(bob.peer.username, 'alice')
  assert.is(alice.peer.username, 'bob')
  assert.equal(alice.handshakeHash, bob.handshakeHash)
  const heard: string[] = []
  const bobs = (async () => {
    for await (const message of bob) {
      heard.push(message.text)
      await bob.send(`you said ${message.text}`)
    }
    await bob.close()
  })()
  const answers: string[] = []
  const listening = (async () => {
    for await (const message of alice) answers.push(message.text)
  })()
  for (const text of ['one', 'two', 'thrée', '']) await alice.send(text)
  alice.end()
  await Promise.all([bobs, listening])
  await alice.close()
  assert.equal(heard, ['one', 'two', 'thrée', ''])
  assert.equal(
    answers,
    heard.map((text) => `you said ${text}`),
  )
  await end()
})

test('a message is acknowledged when its reader asks for the next, not when it arrives', async () => {
  const { alice, bob, end } = await conversation()
  let acknowledged = false
  const sent = alice.send('handle me').then(() => {
    acknowledged = true
  })
  const message = await bob.receive()
  assert.is(message?.text, 'handle me')
  // Something sent afterwards arrives, so an acknowledgement before it would have arrived too.
  const arrives = alice.receive()
  bob.send('not yet').catch(() => {})
  assert.is((await arrives)?.text, 'not yet')
  assert.not(acknowledged)
  bob.receive().catch(() => {})
  await sent
  assert.ok(acknowledged)
  await end()
})

test('a sender that stops waiting may send on: the message arrives in its place, and counts', async () => {
  const { alice, bob, end } = await conversation()
  const reason = new Error('enough')
  const stop = new AbortController()
  const first = alice.send('one', { signal: stop.signal }).catch((error) => error)
  assert.is((await bob.receive())?.text, 'one')
  stop.abort(reason)
  assert.is(await first, reason)
  assert.is(await alice.send('never', { signal: stop.signal }).catch((error) => error), reason)
  let isAcknowledged = false
  const second = alice.send('two', { signal: new AbortController().signal }).then(() => {
    isAcknowledged = true
  })
  assert.is((await bob.receive())?.text, 'two')
  // It acknowledges the first, which is not taken for the second.
  bob.send('not yet').catch(() => {})
  assert.is((await alice.receive())?.text, 'not yet')
  assert.not(isAcknowledged)
  const closed = bob.close()
  await second
  await alice.close()
  await closed
  await end()
})

test('close acknowledges what was read; destroy does not', async () => {
  const one = await conversation()
  const sent = one.alice.send('read')
  await one.bob.receive()
  const closed = one.bob.close()
  await sent
  await one.alice.close()
  await closed
  await one.end()

  const two = await conversation()
  const unsure = two.alice.send('read, but not handled')
  await two.bob.receive()
  two.bob.destroy('disk_full')
  await rejects(unsure, 'channel_aborted')
  await two.end()
})

test('a peer that closes without reading says so at once, and closes in peace', async () => {
  const { alice, bob, end } = await conversation()
  const refused = rejects(alice.send('anybody?'), 'channel_aborted')
  await bob.close()
  await refused
  await end()
})

test('many small messages sent in one turn share transport messages, and all arrive in order', async () => {
  const bob = await startBob()
  const meddler = await startMeddler(bob.port)
  const alice = await dialBob(bob, { port: meddler.port })
  const channel = await bob.channels.next()
  const texts = Array.from({ length: 1000 }, (_, i) => `message ${i}`)
  const sent = Promise.all(texts.map((text) => alice.send(text)))
  for (const text of texts) assert.is((await channel.receive())?.text, text)
  await Promise.all([channel.close(), sent.then(() => alice.close())])
  const frames = meddler.seen.filter(({ direction }) => direction === 'to-bob').length
  assert.ok(frames < 20, `${frames} frames for 1000 messages`)
  await meddler.close()
  await bob.listener.close()
})

test('a message of the largest size arrives whole; a larger one is refused before anything is sent', async () => {
  const { alice, bob, end } = await conversation()
  const large = new Uint8Array(MAX_MESSAGE_BYTES)
  for (let i = 0; i < large.length; i++) large[i] = i * 31
  await rejects(alice.send(new Uint8Array(MAX_MESSAGE_BYTES + 1)), 'message_too_large')
  const sent = alice.send(large)
  const message = await bob.receive()
  assert.ok(message && Buffer.from(large).equals(message.bytes))
  bob.receive().catch(() => {})
  await sent
  await end()
})

test('a message larger than the receiver takes is refused with a reason', async () => {
  const bob = await startBob({ maxMessageBytes: 1000 })
  const alice = await dialBob(bob)
  const channel = await bob.channels.next()
  const reading = rejects(channel.receive(), 'message_too_large')
  await rejects(alice.send(new Uint8Array(300_000)), 'channel_aborted')
  await reading
  await bob.listener.close()
})

test('keys are replaced after 65536 transport messages, on both sides alike', async () => {
  const { alice, bob, end } = await conversation()
  // Each waits for its acknowledgement, so each is a transport message of its own, in both directions.
  const rounds = 65_536 + 10
  const bobs = (async () => {
    for (let i = 0; i < rounds; i++) assert.is((await bob.receive())?.bytes.length, 1)
    bob.receive().catch(() => {})
  })()
  const byte = Uint8Array.of(1)
  for (let i = 0; i < rounds; i++) await alice.send(byte)
  await bobs
  await end()
})

test('only one reader at a time, and nothing to send after the end', async () => {
  const { alice, bob, end } = await conversation()
  const waiting = alice.receive().catch(() => {})
  await alice.receive().then(
    () => assert.unreachable(),
    (error) => assert.instance(error, TypeError),
  )
  bob.end()
  await rejects(bob.send('too late'), 'channel_closed')
  await end()
  await waiting
})

test('there is no stream after the end, or after a failure, and one at a time', async () => {
  const { alice, bob, end } = await conversation()
  const stream = alice.stream()
  assert.throws(() => alice.stream(), /there is a stream already/)
  stream.destroy()
  await bob.closed
  throws(() => alice.stream(), 'channel_closed')
  throws(() => bob.stream(), 'channel_aborted')
  await end()

  const other = await conversation()
  other.alice.end()
  throws(() => other.alice.stream(), 'channel_closed')
  await other.end()
})

test('an end that the peer does not return is given up on', async () => {
  const { alice, end } = await conversation({ closeTimeoutMs: 20 })
  await rejects(alice.close(), 'peer_silent')
  await end()
})

test('a peer that ends and hangs up before our own end cannot hear us: what is sent then fails', async () => {
  const { bob, alice } = memoryConversation()
  alice.say({ type: 'end' })
  alice.wire.end()
  await settled()
  const late = bob.send('are you there?')
  assert.not(await isPending(late))
  await rejects(late, 'channel_truncated')

  // The same when she hangs up while it is on its way.
  const other = memoryConversation()
  other.alice.say({ type: 'end' })
  assert.is(await other.bob.receive(), undefined)
  const sent = other.bob.send('are you there?')
  other.alice.wire.end()
  assert.not(await isPending(sent))
  await rejects(sent, 'channel_truncated')
})

test('a listener that closes ends its channels in good order', async () => {
  const bob = await startBob()
  const alice = await dialBob(bob)
  await bob.channels.next()
  const closing = bob.listener.close()
  assert.is(await alice.receive(), undefined)
  await alice.close()
  await closing
  await rejects(dialBob(bob), 'peer_unreachable')
})

test('who waits no longer takes nothing: what comes afterwards is there for the next call', async () => {
  const { alice, bob, end } = await conversation()
  const stop = new AbortController()
  const waiting = bob.receive({ signal: stop.signal })
  assert.ok(await isPending(waiting))
  const reason = new Error('enough')
  stop.abort(reason)
  assert.is(await waiting.catch((error) => error), reason)
  assert.is(await bob.next({ signal: stop.signal }).catch((error) => error), reason)
  const sent = alice.send('hello')
  assert.is(await bob.next({ signal: new AbortController().signal }), 'message')
  // It is here, and need not be waited for.
  assert.is((await bob.receive({ signal: stop.signal }))?.text, 'hello')
  const last = bob.receive()
  await sent
  alice.end()
  assert.is(await last, undefined)
  assert.throws(() => bob.receive({ signal: 1 as never }), /receive: options\.signal/)
  assert.throws(() => bob.next({ timeout: 1 } as never), /next: options\.timeout/)
  await Promise.all([bob.close(), alice.close()])
  await end()
})

test.run()
