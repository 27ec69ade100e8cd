/** Files over a channel, as they are sent. */
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import { receiveItems, sendItems } from '../../../src/lib/transfer/index.ts'
import { type Bob, dialBob, startBob } from '../../helpers/channels.ts'
import { rejects } from '../../helpers/throws.ts'
import { file, Place, pattern, tree } from '../../helpers/transfer-memory.ts'

const channel = suite<{ bob: Bob; ours: Channel; theirs: Channel }>('files over a channel')

channel.before.each(async (context) => {
  context.bob = await startBob()
  context.ours = await dialBob(context.bob)
  context.theirs = await context.bob.channels.next()
})
channel.after.each(async ({ bob, ours, theirs }) => {
  ours.destroy()
  theirs.destroy()
  await bob.listener.close()
})

channel('arrive, one transfer after the other, in either direction', async ({ ours, theirs }) => {
  for (const [from, to] of [
    [ours, theirs],
    [theirs, ours],
    [ours, theirs],
  ] as const) {
    const place = new Place()
    place.held.set('resumed', pattern(1_000_000))
    const [sent, received] = await Promise.all([
      sendItems(from.stream(), [
        file('large', pattern(5_000_000)),
        tree('t', { a: null, 'a/b': pattern(10) }),
        file('resumed', pattern(3_000_000)),
      ]),
      receiveItems(to.stream(), place.take),
    ])
    assert.is(sent.bytes, 7_000_010)
    assert.equal(received, sent)
    assert.ok(place.saved.get('large')?.equals(pattern(5_000_000)))
    assert.ok(place.saved.get('resumed')?.equals(pattern(3_000_000)))
    assert.equal(place.saved.get('t/a/b'), pattern(10))
  }
  await Promise.all([ours.close(), theirs.close()])
})

channel('of another version are refused in that word, at both ends', async ({ ours, theirs }) => {
  // What a program of version 1 sends of a file that is small in version 2, which it waits with for an answer.
  const older = ours.stream()
  const place = new Place()
  const received = rejects(receiveItems(theirs.stream(), place.take), 'version_unknown')
  for (const [type, body] of [
    [0x01, '{"transfer":1}'],
    [0x02, '{"kind":"file","name":"f","size":100000}'],
  ] as const) {
    older.write(Uint8Array.of(type, 0, 0, 0, body.length))
    older.write(body)
  }
  await Promise.all([received, rejects(buffer(older), 'version_unknown')])
  assert.equal(place.log, [])
})

channel('that are sent to a receiver of another version fail for that reason', async ({ ours, theirs }) => {
  const sending = sendItems(ours.stream(), [file('f', pattern(100_000))])
  const newer = theirs.stream()
  await once(newer, 'data')
  newer.destroy(new ProtocolError('version_unknown', 'not ours'))
  await rejects(sending, 'version_unknown')
})

channel('that are cut are not there', async ({ ours, theirs }) => {
  const place = new Place()
  const receiving = receiveItems(theirs.stream(), place.take)
  const sending = sendItems(ours.stream(), [file('large', pattern(20_000_000))], {
    onProgress: (_, bytes) => {
      if (bytes > 4_000_000) ours.destroy()
    },
  })
  await Promise.all([
    sending.then(
      () => assert.unreachable(),
      () => {},
    ),
    rejects(receiving, 'channel_aborted'),
  ])
  assert.is(place.saved.size, 0)
  assert.is(place.log.at(-1), 'abandon large cut')
})

channel.run()
