/** Files over a channel, as they are sent. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../../src/lib/channel/channel.ts'
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
