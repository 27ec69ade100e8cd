/** Events that anybody on the way could have sent: how often they are followed. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ProtocolError, TransportError } from '../../../src/lib/errors.ts'
import { followHints, lookForEach, PollPace } from '../../../src/lib/pacing/poll-pace.ts'
import { Arrivals } from '../../helpers/channels.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('hints')

/** A pace whose time goes on only while it waits. */
function paceWithClock() {
  const clock = { now: 0, waited: 0 }
  const pace = new PollPace({
    now: () => clock.now,
    wait: async (ms) => {
      clock.now += ms
      clock.waited++
    },
    random: () => 0,
  })
  return { pace, clock }
}

test('however many events come while one is dealt with, they are one more', async () => {
  const { pace } = paceWithClock()
  const signal = new AbortController().signal
  let allCame = () => {}
  const done = new Promise<void>((resolve) => {
    allCame = resolve
  })
  const events = async function* () {
    yield 1
    for (let event = 0; event < 10_000; event++) yield event
    allCame()
  }
  let looks = 0
  for await (const _ of followHints(events, pace, signal)) {
    looks++
    await done
  }
  assert.is(looks, 2)
})

test('a stream that says so for ever costs so many looks in a time, and no more', async () => {
  const { pace, clock } = paceWithClock()
  const stop = new AbortController()
  const events = async function* (signal: AbortSignal) {
    while (!signal.aborted) {
      yield 1
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  let looks = 0
  for await (const _ of followHints(events, pace, stop.signal)) {
    looks++
    if (looks === 100) break
  }
  // Five at once, and then one in two seconds.
  assert.ok(clock.now >= 95 * 2000, `${clock.now} ms`)
})

test('looks that have found something are not slowed down', async () => {
  const { pace, clock } = paceWithClock()
  const events = async function* (signal: AbortSignal) {
    while (!signal.aborted) {
      yield 1
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  let looks = 0
  for await (const _ of followHints(events, pace, new AbortController().signal)) {
    pace.found()
    if (++looks === 100) break
  }
  assert.is(clock.now, 0)
})

test('streams that end and begin again cost no more', async () => {
  const { pace, clock } = paceWithClock()
  const { signal } = new AbortController()
  const once = async function* () {
    yield 1
  }
  for (let streams = 0; streams < 50; streams++) for await (const _ of followHints(once, pace, signal));
  assert.ok(clock.now >= 45 * 2000)
})

test('the waits are not in step', async () => {
  const waits: number[] = []
  const clock = { now: 0 }
  const draws = [0, 0.5, 1]
  const pace = new PollPace({
    now: () => clock.now,
    wait: async (ms) => {
      waits.push(ms)
      clock.now += ms
    },
    random: () => draws[waits.length] ?? 0,
  })
  const { signal } = new AbortController()
  while (waits.length < 3) await pace.ready(signal)
  assert.is(new Set(waits).size, 3)
})

test('what the stream throws comes after the last look, and an end stops everything', async () => {
  const { pace } = paceWithClock()
  const stop = new AbortController()
  const breaks = async function* () {
    yield 1
    throw new Error('cut')
  }
  const seen: string[] = []
  const follow = async () => {
    for await (const _ of followHints(breaks, pace, stop.signal)) seen.push('look')
  }
  await follow().catch((error: Error) => seen.push(error.message))
  assert.equal(seen, ['look', 'cut'])

  const opened = new Arrivals<AbortSignal>()
  const waits = async function* (signal: AbortSignal) {
    opened.push(signal)
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    yield 1
  }
  const following = (async () => {
    for await (const _ of followHints(waits, pace, stop.signal)) seen.push('never')
  })()
  await opened.next()
  stop.abort(new Error('stopped'))
  await following.catch((error: Error) => seen.push(error.message))
  assert.equal(seen, ['look', 'cut', 'stopped'])
})

test('who leaves has its stream closed', async () => {
  const { pace } = paceWithClock()
  let closed: AbortSignal | undefined
  const events = async function* (signal: AbortSignal) {
    closed = signal
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  for await (const _ of followHints(events, pace, new AbortController().signal)) break
  assert.ok(closed?.aborted)
})

test('a stream that was held open without a word is opened anew, and looked after', async () => {
  const { pace } = paceWithClock()
  const { signal } = new AbortController()
  let opened = 0
  const silent = async function* (ended: AbortSignal) {
    opened++
    await new Promise((_, reject) => ended.addEventListener('abort', () => reject(ended.reason)))
    yield 1
  }
  let looks = 0
  for await (const _ of followHints(silent, pace, signal, 1)) if (++looks === 3) break
  assert.is(looks, 3)
  assert.is(opened, 3)
})

test('that a stream was cut is no news to who looks for each hint; that a look failed is', async () => {
  const { pace } = paceWithClock()
  const { signal } = new AbortController()
  const cut = async function* () {
    yield 1
    throw new TransportError('kdc_failed', 'anybody could have cut it')
  }
  let looks = 0
  await lookForEach(followHints(cut, pace, signal), async () => void looks++)
  assert.is(looks, 1)
  let closed: AbortSignal | undefined
  const open = async function* (ended: AbortSignal) {
    closed = ended
    yield 1
    await new Promise((resolve) => ended.addEventListener('abort', resolve))
  }
  const fails = async () => {
    throw new TransportError('kdc_unreachable', 'gone')
  }
  await rejects(lookForEach(followHints(open, pace, signal), fails), 'kdc_unreachable')
  assert.ok(closed?.aborted)
  const refused = async function* (): AsyncGenerator<number> {
    yield* []
    throw new ProtocolError('token_expired', 'judged under seal')
  }
  await rejects(
    lookForEach(followHints(refused, pace, signal), async () => {}),
    'token_expired',
  )
})

test.run()
