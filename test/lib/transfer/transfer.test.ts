/** Files over a stream, between two who keep to the protocol, on a line that may be cut. */

import { Duplex, PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FileError } from '../../../src/files/errors.ts'
import { ProtocolError } from '../../../src/lib/errors.ts'
import {
  contentOf,
  type ItemResult,
  type ReceiveItemsOptions,
  receiveItems,
  type SendItemsOptions,
  sendItems,
  type TransferItem,
  type TransferSource,
} from '../../../src/lib/transfer/index.ts'
import { rejects } from '../../helpers/throws.ts'
import { content, file, type Line, Place, pair, pattern, tree } from '../../helpers/transfer-memory.ts'

const transfer = suite('transfer')

const SMALL = 256 * 1024
const LARGE = 300_000

const word = (item: TransferItem, fate: ItemResult) =>
  `${[item.name, ...(item.path ?? [])].join('/')} ${fate.saved ? 'saved' : fate.code}`

interface Options {
  readonly alice?: SendItemsOptions
  readonly bob?: ReceiveItemsOptions
  readonly line?: Line
}

async function run(
  sources: Iterable<TransferSource> | AsyncIterable<TransferSource>,
  place: Pick<Place, 'take'>,
  options: Options = {},
) {
  const [alice, bob] = pair(options.line)
  const fates: { alice: string[]; bob: string[] } = { alice: [], bob: [] }
  const [sent, received] = await Promise.allSettled([
    sendItems(alice, sources, {
      onResult: (item, fate) => fates.alice.push(word(item, fate)),
      ...options.alice,
    }),
    receiveItems(bob, place.take, {
      onResult: (item, fate) => fates.bob.push(word(item, fate)),
      ...options.bob,
    }),
  ])
  return { sent, received, fates, alice, bob }
}

/** A transfer that ends as it should, of whatever became of the items. */
async function whole(
  sources: Iterable<TransferSource> | AsyncIterable<TransferSource>,
  place: Pick<Place, 'take'>,
  options: Options = {},
) {
  const { sent, received, fates } = await run(sources, place, options)
  if (sent.status === 'rejected') throw sent.reason
  if (received.status === 'rejected') throw received.reason
  return { sent: sent.value, received: received.value, fates }
}

transfer('files of all sizes arrive as they were', async () => {
  const sizes = [0, 1, SMALL - 1, SMALL, SMALL + 1, 3_000_000]
  const place = new Place()
  const { sent, received, fates } = await whole(
    sizes.map((size) => file(`f${size}`, pattern(size))),
    place,
  )
  for (const size of sizes) assert.equal(place.saved.get(`f${size}`), pattern(size), String(size))
  const bytes = sizes.reduce((sum, size) => sum + size)
  assert.equal(sent, { saved: sizes.length, failed: 0, bytes })
  assert.equal(received, sent)
  assert.equal(
    fates.alice,
    sizes.map((size) => `f${size} saved`),
  )
  assert.equal(fates.bob, fates.alice)
})

transfer('a stream that passes on what was written to it gets memory that stays as it is', async () => {
  const [near, bob] = pair()
  let passedOn = Promise.resolve()
  const alice = new Duplex({
    read() {},
    write(bytes, _encoding, callback) {
      // Told as written at once, and passed on some turns later.
      passedOn = passedOn.then(async () => {
        for (let turns = 0; turns < 8; turns++) await new Promise((resolve) => setImmediate(resolve))
        near.write(bytes)
      })
      callback()
    },
    final(callback) {
      passedOn.then(() => near.end(callback))
    },
  })
  near.on('data', (bytes) => alice.push(bytes)).on('end', () => alice.push(null))
  const place = new Place()
  const [{ saved }] = await Promise.all([
    sendItems(alice, [file('f', pattern(3_000_000))]),
    receiveItems(bob, place.take),
  ])
  assert.is(saved, 1)
  assert.equal(place.saved.get('f'), pattern(3_000_000))
})

transfer('nothing at all can be sent', async () => {
  const { sent, received } = await whole([], new Place())
  assert.equal([sent, received], Array(2).fill({ saved: 0, failed: 0, bytes: 0 }))
})

transfer('what is of unknown size is sent to its end, with a name or without', async () => {
  const input = new PassThrough()
  const place = new Place()
  const done = whole(
    [
      { kind: 'bytes', name: 'stdin', open: async () => contentOf(input) },
      file('empty', Buffer.alloc(0), { size: undefined }),
      file('named', pattern(LARGE), { size: undefined }),
    ],
    place,
  )
  for (let i = 0; i < 5; i++) input.write(pattern(100_000, i))
  input.end()
  assert.equal((await done).fates.bob, ['stdin saved', 'empty saved', 'named saved'])
  const expected = Buffer.concat(Array.from({ length: 5 }, (_, i) => pattern(100_000, i)))
  assert.equal(place.saved.get('stdin'), expected)
  assert.equal(place.saved.get('named'), pattern(LARGE))
  assert.equal(place.saved.get('empty'), Buffer.alloc(0))
})

transfer('a directory arrives with everything that is in it, and only then', async () => {
  const place = new Place()
  const seen: number[] = []
  const entries = {
    a: null,
    'a/one': pattern(5),
    'a/deep': null,
    'a/deep/large': pattern(LARGE),
    'a/deep/none': null,
    zero: Buffer.alloc(0),
  }
  const { sent, received, fates } = await whole([tree('photos', entries), file('after', pattern(1))], place, {
    bob: { onResult: () => seen.push(place.saved.size) },
  })
  for (const [path, bytes] of Object.entries(entries)) {
    assert.equal(place.saved.get(`photos/${path}${bytes ? '' : '/'}`), bytes ?? Buffer.alloc(0), path)
  }
  // One for each entry, and then the directory's.
  assert.equal(seen.slice(0, 7), [0, 0, 0, 0, 0, 0, 7])
  assert.equal(sent, { saved: 8, failed: 0, bytes: LARGE + 6 })
  assert.equal(received, sent)
  assert.is(fates.alice[6], 'photos saved')
})

transfer('many small files do not wait for one another', async () => {
  const count = 3000
  const place = new Place()
  let sentBefore = 0
  let sent = 0
  const { received } = await whole(
    (function* () {
      for (let n = 0; n < count; n++) {
        sent++
        yield file(`f${n}`, pattern(n % 50))
      }
    })(),
    place,
    { alice: { onResult: () => (sentBefore ||= sent) } },
  )
  assert.is(received.saved, count)
  assert.is(place.saved.size, count)
  assert.ok(sentBefore > 1, `the first was answered when ${sentBefore} had been sent`)
  assert.ok(sentBefore <= 257)
})

// --- resuming ---

transfer('what both have is not sent again', async () => {
  const place = new Place()
  const bytes = pattern(3_000_000)
  place.held.set('f', bytes.subarray(0, 2_000_001))
  const progress: number[] = []
  const { sent } = await whole([file('f', bytes)], place, {
    alice: { onProgress: (_, at) => progress.push(at) },
  })
  assert.equal(place.saved.get('f'), bytes)
  assert.is(sent.bytes, 999_999)
  assert.is(progress[0], 2_000_001 + 256 * 1024)
  assert.is(progress.at(-1), 3_000_000)
  assert.is(place.log[0], 'start f 2000001')
})

transfer('what is here whole is not sent at all', async () => {
  const place = new Place()
  place.held.set('f', pattern(LARGE))
  const { sent } = await whole([file('f', pattern(LARGE))], place)
  assert.equal(place.saved.get('f'), pattern(LARGE))
  assert.is(sent.bytes, 0)
})

transfer('what is here whole, or given up, again and again keeps nobody waiting', async () => {
  const place = new Place()
  const sources: TransferSource[] = []
  for (let n = 0; n < 10; n++) {
    sources.push(file(`here ${n}`, pattern(LARGE)))
    place.held.set(`here ${n}`, pattern(LARGE))
    const error = new FileError('file_not_readable', 'cannot be read')
    sources.push(file(`fails ${n}`, pattern(LARGE), { failAt: 256 * 1024, error }))
  }
  const { sent } = await whole([...sources, file('last', pattern(LARGE))], place, {
    alice: { patienceMs: 2000 },
  })
  assert.is(sent.saved, 11)
})

transfer('what is refused half way, again and again, keeps nobody waiting', async () => {
  const place = new Place()
  const take = async (item: TransferItem) => {
    const sink = place.file(item.name)
    if (item.name === 'last') return sink
    return { ...sink, write: () => Promise.reject(new ProtocolError('file_exists', 'as the test wants it')) }
  }
  const sources = Array.from({ length: 10 }, (_, n) => file(`${n}`, pattern(4_000_000)))
  const { sent } = await whole(
    [...sources, file('last', pattern(LARGE))],
    { take },
    { alice: { patienceMs: 2000 } },
  )
  assert.equal([sent.saved, sent.failed], [1, 10])
  assert.ok(sent.bytes < 30_000_000, 'most was not sent')
})

transfer('what was refused is not read to its end', async () => {
  const input = new PassThrough()
  const place = new Place()
  place.faults.set('write', 'file_damaged')
  input.write('some')
  const source: TransferSource = { kind: 'bytes', name: 'stdin', open: async () => contentOf(input) }
  const { fates } = await whole([source], place)
  assert.equal(fates.alice, ['stdin file_damaged'])
  assert.ok(input.destroyed)
})

transfer('what is held of something else is not gone on with', async () => {
  const place = new Place()
  const other = pattern(200_000)
  other[100_000] = (other[100_000] ?? 0) ^ 1
  place.held.set('f', other)
  const { sent } = await whole([file('f', pattern(LARGE))], place)
  assert.equal(place.saved.get('f'), pattern(LARGE))
  assert.is(sent.bytes, LARGE)
  assert.is(place.log[0], 'start f 0')
})

// --- what is not saved ---

transfer('what is not wanted is refused, before it is sent where it is large', async () => {
  const place = new Place()
  const take = async (item: TransferItem) =>
    item.name.startsWith('no') ? { refused: 'file_refused' } : place.take(item)
  const { sent, received, fates } = await whole(
    [
      file('no-large', pattern(LARGE)),
      file('no-small', pattern(9)),
      tree('no-tree', { a: pattern(1), b: pattern(LARGE) }),
      file('yes', pattern(LARGE)),
    ],
    { take } as Place,
  )
  const expected = ['no-large file_refused', 'no-small file_refused', 'no-tree file_refused', 'yes saved']
  assert.equal(fates, { alice: expected, bob: expected })
  assert.equal(sent, { saved: 1, failed: 3, bytes: LARGE + 9 })
  assert.is(received.bytes, LARGE)
})

transfer('limits are the receiver’s', async () => {
  const bob = { maxFileBytes: 300_000, maxItems: 10, maxTotalBytes: 450_000 }
  const place = new Place()
  const { fates } = await whole(
    [
      file('1', pattern(300_001)),
      file('2', pattern(300_000)),
      file('3', pattern(150_001)),
      tree('4', { small: pattern(1), large: pattern(300_001), after: pattern(1) }),
      file('7', pattern(149_999)),
      file('8', pattern(1)),
      tree('9', { ten: null, eleven: null }),
      file('12', pattern(0)),
    ],
    place,
    { bob },
  )
  const expected = [
    '1 file_too_large',
    '2 saved',
    '3 transfer_too_large',
    '4/small saved',
    '4/large file_too_large',
    '4 file_too_large',
    '7 saved',
    '8 transfer_too_large',
    '9/ten saved',
    '9/eleven transfer_too_large',
    '9 transfer_too_large',
    '12 transfer_too_large',
  ]
  assert.equal(fates.bob, expected)
  assert.equal(fates.alice, expected)
  assert.equal([...place.saved.keys()], ['2', '7'])
})

transfer('of unknown size no more is taken than a file, or all, may have', async () => {
  for (const limits of [{ maxFileBytes: 100_000 }, { maxTotalBytes: 100_000 }]) {
    const place = new Place()
    const unknown = (size: number) => [file('u', pattern(size), { size: undefined })]
    assert.equal((await whole(unknown(100_000), place, { bob: limits })).fates.bob, ['u saved'])
    const { fates, received } = await whole(unknown(5_000_000), place, { bob: limits })
    assert.equal(fates, { alice: ['u file_too_large'], bob: ['u file_too_large'] })
    assert.ok(received.bytes <= 100_000)
    assert.is(place.log.at(-1), 'abandon u given_up')
    assert.is(place.saved.get('u')?.length, 100_000)
  }
})

transfer('what changes while it is sent is given up on both sides, and the next is sent', async () => {
  const size = (claimed: number) => ({ size: claimed })
  const changes = async () => {
    throw new ProtocolError('file_changed', 'it was written to')
  }
  const place = new Place()
  const { fates } = await whole(
    [
      file('shrinks', pattern(100), size(101)),
      file('grows', pattern(100), size(99)),
      file('changes', pattern(100), { verify: changes }),
      // What looks at it sees nothing: reading it does.
      file('lies', pattern(100), { ...size(99), verify: async () => {} }),
      file('shrinks large', pattern(LARGE), size(LARGE + 1)),
      file('grows large', pattern(LARGE), size(LARGE - 1)),
      file('changes large', pattern(LARGE), { verify: changes }),
      file('lies large', pattern(LARGE), { ...size(LARGE - 1), verify: async () => {} }),
      file('good', pattern(LARGE)),
    ],
    place,
  )
  const begun = ['shrinks large', 'grows large', 'changes large', 'lies large']
  const names = ['shrinks', 'grows', 'changes', 'lies', ...begun]
  assert.equal(fates.alice, [...names.map((name) => `${name} file_changed`), 'good saved'])
  // Of a small one nothing was sent.
  assert.equal(fates.bob, [...begun.map((name) => `${name} file_changed`), 'good saved'])
  assert.equal([...place.saved.keys()], ['good'])
  for (const name of begun) assert.ok(place.log.includes(`abandon ${name} given_up`), name)
})

transfer('what changed since it was cut is given up when the beginning is compared', async () => {
  const place = new Place()
  place.held.set('f', pattern(LARGE))
  const shorter = file('f', pattern(LARGE - 1), { size: LARGE })
  assert.equal((await whole([shorter], place)).fates.bob, ['f file_changed'])
  assert.is(place.saved.size, 0)
})

transfer('a directory of which one file cannot be sent is not there at all', async () => {
  const error = new FileError('file_not_readable', 'cannot send it')
  for (const name of ['first', 'small', 'large', 'last']) {
    const place = new Place()
    const entries = { first: pattern(1), small: pattern(9), large: pattern(LARGE), last: pattern(2) }
    const { fates, sent, received } = await whole(
      [tree('t', entries, { [name]: { failAt: 0, error } }), file('next', pattern(3))],
      place,
    )
    assert.equal([...place.saved.keys()], ['next'], name)
    assert.equal(fates.alice.slice(-2), ['t file_not_readable', 'next saved'])
    assert.equal(fates.bob.slice(-2), ['t file_not_readable', 'next saved'])
    assert.is(sent.saved, 1)
    assert.is(received.saved, 1)
    assert.is(place.log.filter((line) => line === 'abandon t/ given_up').length, 1)
  }
})

transfer('a directory of which one entry is refused is not there at all', async () => {
  for (const [at, entries] of [
    ['write', { a: pattern(1), b: pattern(LARGE) }],
    ['finish', { b: pattern(LARGE), c: pattern(1) }],
    ['directory', { a: pattern(3), d: null, e: pattern(LARGE) }],
  ] as const) {
    const place = new Place()
    place.faults.set(at, 'file_damaged')
    const { fates } = await whole([tree('t', entries)], place)
    assert.equal([fates.alice.at(-1), fates.bob.at(-1)], Array(2).fill('t file_damaged'), at)
    assert.is(place.saved.size, 0, at)
    assert.is(place.log.at(-1), 'abandon t/ given_up')
  }
})

transfer('what cannot be saved is refused, wherever it fails, and the next is received', async () => {
  for (const at of ['start', 'write', 'finish'] as const) {
    for (const size of [10, LARGE]) {
      const place = new Place()
      place.faults.set(at, 'file_exists')
      const { fates } = await whole([file('f', pattern(size)), file('empty', pattern(0))], place)
      assert.is(fates.alice[0], 'f file_exists')
      assert.is(fates.bob[0], 'f file_exists')
      assert.is(place.log.filter((line) => line === 'abandon f given_up').length, 1, `${at} ${size}`)
    }
  }
})

transfer('an error that is no fate of an item ends the transfer on both sides', async () => {
  const error = new Error('a bug')
  const sending = await run([file('f', pattern(LARGE), { failAt: 256 * 1024, error })], new Place())
  assert.is(sending.sent.status === 'rejected' && sending.sent.reason, error)
  await rejects(
    Promise.reject(sending.received.status === 'rejected' && sending.received.reason),
    'channel_truncated',
  )
  const place = new Place()
  const take = async () => {
    throw error
  }
  const receiving = await run([file('f', pattern(LARGE))], { take })
  assert.is(receiving.received.status === 'rejected' && receiving.received.reason, error)
  await rejects(
    Promise.reject(receiving.sent.status === 'rejected' && receiving.sent.reason),
    'channel_truncated',
  )
  assert.is(place.saved.size, 0)
})

transfer('names that cannot be sent are the caller’s mistake', async () => {
  for (const name of ['', 'x'.repeat(1025)]) {
    const { sent } = await run([file(name, pattern(1))], new Place())
    assert.instance(sent.status === 'rejected' && sent.reason, RangeError)
  }
})

// --- ends ---

transfer('either side can end it half way; what was begun may be resumed', async () => {
  for (const side of ['alice', 'bob'] as const) {
    const end = new AbortController()
    const place = new Place()
    const reason = new Error('enough')
    const onProgress = () => end.abort(reason)
    const { sent, received, alice, bob } = await run([file('f', pattern(5_000_000))], place, {
      [side]: { signal: end.signal, onProgress },
    })
    const [ours, theirs] = side === 'alice' ? [sent, received] : [received, sent]
    assert.is(ours.status === 'rejected' && ours.reason, reason)
    await rejects(Promise.reject(theirs.status === 'rejected' && theirs.reason), 'channel_truncated')
    assert.is(place.log.at(-1), 'abandon f cut')
    assert.ok(alice.destroyed && bob.destroyed)
    assert.is(place.saved.size, 0)
  }
})

transfer('what is opened after the end is closed again', async () => {
  const end = new AbortController()
  let closed = () => {}
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  const open = async () => {
    end.abort(new Error('enough'))
    await new Promise((resolve) => setImmediate(resolve))
    return { ...content(pattern(1)), close: async () => closed() }
  }
  const { sent } = await run([{ kind: 'file', name: 'f', open }], new Place(), {
    alice: { signal: end.signal },
  })
  assert.is(sent.status, 'rejected')
  await isClosed
})

transfer('an end that came before the beginning is an end too', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  const { sent, received } = await run([file('f', pattern(1))], new Place(), { alice: { signal } })
  assert.is(sent.status === 'rejected' && sent.reason.message, 'enough')
  assert.is(received.status, 'rejected')
})

transfer('nobody waits for ever where they have said how long', async () => {
  const never = new Promise<never>(() => {})
  const stalled = await run(
    [{ kind: 'bytes', name: 'stdin', open: async () => ({ ...content(pattern(0)), read: () => never }) }],
    new Place(),
    { bob: { patienceMs: 20 } },
  )
  await rejects(
    Promise.reject(stalled.received.status === 'rejected' && stalled.received.reason),
    'peer_silent',
  )
  const asked = await run([file('f', pattern(1))], { take: () => never }, { alice: { patienceMs: 20 } })
  await rejects(Promise.reject(asked.sent.status === 'rejected' && asked.sent.reason), 'peer_silent')
})

transfer('a receiver that does not write holds up who sends', async () => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const place = new Place()
  const progress: number[] = []
  let looked = false
  const done = whole(
    [file('f', pattern(20_000_000))],
    {
      take: async () => {
        const sink = place.file('f')
        const { write } = sink
        return {
          ...sink,
          write: (piece: Uint8Array) => (looked ? write(piece) : released.then(() => write(piece))),
        }
      },
    },
    { alice: { onProgress: (_, bytes) => progress.push(bytes) } },
  )
  // As many turns as it likes.
  for (let before = -1; before !== progress.length || before === 0; ) {
    before = progress.length
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok((progress.at(-1) ?? 0) < 3_000_000, `${progress.at(-1)} bytes were taken`)
  looked = true
  release()
  await done
  assert.equal(place.saved.get('f'), pattern(20_000_000))
})

const cutAnywhere = async (of: 'alice' | 'bob') => {
  const sources = () => [
    file('small', pattern(5)),
    file('unknown', pattern(7), { size: undefined }),
    tree('t', { d: null, 'd/f': pattern(3) }),
    file('last', pattern(2)),
  ]
  const line: Line = { alice: [], bob: [] }
  const complete = new Place()
  await whole(sources(), complete, { line })
  const length = Buffer.concat(line[of]).length
  for (let after = 0; after <= length; after++) {
    const place = new Place()
    const cut: Line = { alice: [], bob: [], cut: { of, after } }
    const { sent, received, fates } = await run(sources(), place, { line: cut })
    const [cutOff] = of === 'alice' ? [received] : [sent]
    if (cutOff?.status !== 'rejected') throw new Error(`${of}, ${after} of ${length}: it was not noticed`)
    await rejects(Promise.reject(cutOff.reason), 'channel_truncated')
    for (const [name, bytes] of place.saved) assert.equal(bytes, complete.saved.get(name), `${name} ${after}`)
    for (const fate of fates.alice.filter((line) => line.endsWith(' saved'))) {
      assert.ok(fates.bob.includes(fate), `alice takes for saved what is not: ${fate}`)
    }
    const inTree = [...place.saved.keys()].filter((name) => name.startsWith('t/'))
    assert.ok(inTree.length === 0 || inTree.length === 3, `half a directory: ${inTree}`)
    // Each that was begun is finished or given up, once.
    const ends = place.log.filter((line) => !line.startsWith('start')).map((line) => line.split(' ')[1])
    assert.is(new Set(ends).size, ends.length, place.log.join(', '))
  }
}

transfer('cut after any byte of alice’s: each whole, or not there', () => cutAnywhere('alice'))
transfer('cut after any byte of bob’s: each whole, or not there', () => cutAnywhere('bob'))

transfer.run()
