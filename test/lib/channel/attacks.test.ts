/** What an attacker on the wire between alice and bob can do to an open channel: nothing but end it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { type Bob, dialBob, startBob } from '../../helpers/channels.ts'
import { flip, type Meddle, startMeddler } from '../../helpers/meddler.ts'
import { rejects } from '../../helpers/throws.ts'
import { makeTicket } from '../../helpers/tickets.ts'

const test = suite('attacks on a channel')

// Pieces to bob before the first transport message: version, ticket, Noise message 1.
const FIRST = 3

/** Alice says three things, one after the other is acknowledged, through somebody who meddles. */
async function talk(meddle: Meddle): Promise<{ heard: string[]; alice: string; bob: string }> {
  const bob = await startBob()
  const meddler = await startMeddler(bob.port, meddle)
  const heard: string[] = []
  let bobsOutcome = 'ended'
  const bobs = bob.channels.next().then(async (channel) => {
    try {
      for await (const message of channel) heard.push(message.text)
      await channel.close()
    } catch (error) {
      bobsOutcome = (error as { code: string }).code
    }
  })
  let alicesOutcome = 'ended'
  try {
    const alice = await dialBob(bob, { port: meddler.port, closeTimeoutMs: 200 })
    for (const text of ['one', 'two', 'three']) await alice.send(text)
    await alice.close()
  } catch (error) {
    alicesOutcome = (error as { code: string }).code
  }
  await bobs
  await assertStillServes(bob)
  await meddler.close()
  await bob.listener.close()
  return { heard, alice: alicesOutcome, bob: bobsOutcome }
}

/** Whatever happened to one channel, bob goes on serving others. */
async function assertStillServes(bob: Bob): Promise<void> {
  const other = await dialBob(bob)
  const channel = await bob.channels.next()
  const sent = other.send('still there?')
  assert.is((await channel.receive())?.text, 'still there?')
  await Promise.all([channel.close(), sent.then(() => other.close())])
}

test('left alone, everything arrives (so that the other tests mean something)', async () => {
  const outcome = await talk((_direction, _index, piece) => [piece])
  assert.equal(outcome, { heard: ['one', 'two', 'three'], alice: 'ended', bob: 'ended' })
})

test('a changed bit anywhere in a frame ends the channel; nothing of it is shown', async () => {
  // The length, the first and the last byte of the ciphertext, the tag.
  for (const at of [2, 5, 9, 21]) {
    const outcome = await talk((direction, index, piece) =>
      direction === 'to-bob' && index === FIRST + 1 ? [flip(piece, at)] : [piece],
    )
    assert.is(outcome.bob, 'frame_damaged', `byte ${at}`)
    assert.equal(outcome.heard, ['one'])
    assert.not.equal(outcome.alice, 'ended')
  }
})

test('a replayed frame is refused', async () => {
  let one: Buffer | undefined
  const outcome = await talk((direction, index, piece) => {
    if (direction === 'to-bob' && index === FIRST) one = piece
    return direction === 'to-bob' && index === FIRST + 1 && one ? [one, piece] : [piece]
  })
  assert.is(outcome.bob, 'frame_damaged')
  assert.equal(outcome.heard, ['one'])
})

test('a frame sent back to whoever sent it is refused', async () => {
  let toBob: Buffer | undefined
  const outcome = await talk((direction, index, piece) => {
    if (direction === 'to-bob' && index === FIRST) toBob = piece
    return direction === 'to-alice' && index === 1 && toBob ? [toBob] : [piece]
  })
  assert.is(outcome.alice, 'frame_damaged')
})

test('a dropped frame is noticed at the next one, and never skipped over', async () => {
  // Bob acknowledges "one"; the acknowledgement is lost, so alice would wait for ever: cut after it, too.
  const bob = await startBob()
  const meddler = await startMeddler(bob.port, (direction, index, piece) =>
    direction === 'to-bob' && index === FIRST ? [] : [piece],
  )
  const alice = await dialBob(bob, { port: meddler.port })
  const channel = await bob.channels.next()
  const one = alice.send('one')
  const failed = rejects(one, 'channel_truncated')
  // In a later turn, so in a frame of its own.
  await new Promise(setImmediate)
  const two = rejects(alice.send('two'), 'channel_truncated')
  await rejects(channel.receive(), 'frame_damaged')
  await Promise.all([failed, two])
  await assertStillServes(bob)
  await meddler.close()
  await bob.listener.close()
})

test('two frames in the other order are refused', async () => {
  const bob = await startBob()
  let held: Buffer | undefined
  const meddler = await startMeddler(bob.port, (direction, index, piece) => {
    if (direction !== 'to-bob' || index < FIRST) return [piece]
    if (index === FIRST) {
      held = piece
      return []
    }
    return held ? [piece, held] : [piece]
  })
  const alice = await dialBob(bob, { port: meddler.port })
  const channel = await bob.channels.next()
  const one = rejects(alice.send('one'), 'channel_truncated')
  await new Promise(setImmediate)
  const two = rejects(alice.send('two'), 'channel_truncated')
  await rejects(channel.receive(), 'frame_damaged')
  await Promise.all([one, two])
  await meddler.close()
  await bob.listener.close()
})

test('a connection cut between two messages is an error at both ends, not an end', async () => {
  const outcome = await talk((direction, index, piece) =>
    direction === 'to-bob' && index === FIRST + 2 ? 'cut' : [piece],
  )
  assert.equal(outcome, { heard: ['one', 'two'], alice: 'channel_truncated', bob: 'channel_truncated' })
})

test('a cut just before the authenticated end is an error too', async () => {
  const outcome = await talk((direction, index, piece) =>
    direction === 'to-bob' && index === FIRST + 3 ? 'cut' : [piece],
  )
  assert.equal(outcome, {
    heard: ['one', 'two', 'three'],
    alice: 'channel_truncated',
    bob: 'channel_truncated',
  })
})

test('a message of which only a part came is not shown', async () => {
  const bob = await startBob()
  const meddler = await startMeddler(bob.port, (direction, index, piece) =>
    direction === 'to-bob' && index === FIRST + 1 ? 'cut' : [piece],
  )
  const alice = await dialBob(bob, { port: meddler.port })
  const channel = await bob.channels.next()
  const sent = rejects(alice.send(new Uint8Array(200_000)), 'channel_truncated')
  await rejects(channel.receive(), 'channel_truncated')
  await sent
  await meddler.close()
  await bob.listener.close()
})

test('a frame that is announced and never comes does not hold the receiver', async () => {
  const bob = await startBob({ stallTimeoutMs: 20 })
  const meddler = await startMeddler(bob.port, (direction, index, piece) =>
    direction === 'to-bob' && index === FIRST ? [Buffer.from([0xff, 0xff, 1, 2, 3])] : [piece],
  )
  const alice = await dialBob(bob, { port: meddler.port })
  const channel = await bob.channels.next()
  const sent = rejects(alice.send('one'), 'channel_truncated')
  await rejects(channel.receive(), 'peer_silent')
  await sent
  await assertStillServes(bob)
  await meddler.close()
  await bob.listener.close()
})

test('what is said is nowhere on the wire, nor the secret, in any form', async () => {
  const bob = await startBob()
  const meddler = await startMeddler(bob.port)
  const { bytes, ticket } = makeTicket(bob.token)
  const alice = await dialBob(bob, { port: meddler.port, ticket: bytes, secret: ticket.secret })
  const channel = await bob.channels.next()
  const words = 'the quick brown fox'
  const sent = alice.send(words)
  await channel.receive()
  await Promise.all([channel.close(), sent.then(() => alice.close())])
  const wire = Buffer.concat(meddler.seen.map(({ piece }) => piece))
  for (const hidden of [
    Buffer.from(words),
    Buffer.from(ticket.secret.reveal()),
    Buffer.from(ticket.secret.toText()),
  ]) {
    assert.not(wire.includes(hidden))
  }
  assert.ok(wire.includes(Buffer.from(bytes)), 'the ticket was recorded, so the recording works')
  await meddler.close()
  await bob.listener.close()
})

test('a recorded conversation cannot be opened with the ticket key and secret alone', async () => {
  // Played again to bob by somebody who stole token, ticket and secret afterwards: the ephemeral keys are gone.
  const bob = await startBob()
  const meddler = await startMeddler(bob.port)
  const { bytes, ticket } = makeTicket(bob.token)
  const alice: Channel = await dialBob(bob, { port: meddler.port, ticket: bytes, secret: ticket.secret })
  const channel = await bob.channels.next()
  const sent = alice.send('recorded')
  await channel.receive()
  await Promise.all([channel.close(), sent.then(() => alice.close())])
  const recorded = meddler.seen.filter(({ direction }) => direction === 'to-bob').map(({ piece }) => piece)
  await meddler.close()
  await bob.listener.close()

  // A bob with the same token and an empty memory: even he, playing his part again, has another ephemeral key.
  const again = await startBob({ token: bob.token })
  const { default: net } = await import('node:net')
  const thief = net.connect(again.port, '127.0.0.1')
  thief.on('error', () => {})
  thief.write(Buffer.concat(recorded))
  const replayed = await again.channels.next()
  await rejects(replayed.receive(), 'frame_damaged')
  thief.destroy()
  await again.listener.close()
})

test.run()
