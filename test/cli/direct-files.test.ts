/** Files from one to another, over a stream in memory: what both sides tell. */
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SaveRecord } from '../../src/cli/mailbox/save-files.ts'
import { type ReceiveSettings, takeItems } from '../../src/cli/receive/transfer.ts'
import { sendDirectly } from '../../src/cli/send/direct.ts'
import { makeOutput, type Output } from '../../src/cli/terminal/output.ts'
import { ProtocolError } from '../../src/lib/errors.ts'
import type { FileSink, TransferSource, TransferTotals } from '../../src/lib/transfer/index.ts'
import { settled } from '../helpers/memory.ts'
import { file, type Line, Place, pair, pattern, tree } from '../helpers/transfer-memory.ts'

const direct = suite('files, sent directly')

/** What people read, and beside it what programs do. */
function told(tool: string) {
  const lines: string[] = []
  const events: [string, Record<string, unknown>][] = []
  const output = makeOutput(
    tool,
    {},
    { data: async (line) => void lines.push(line), talk: (line) => void lines.push(`(${line})`) },
  )
  const both: Output = {
    ...output,
    event: (name, fields, line) => {
      events.push([name, JSON.parse(JSON.stringify(fields))])
      output.event(name, fields, line)
    },
  }
  return { output: both, lines, events }
}

interface Options extends Partial<ReceiveSettings> {
  readonly line?: Line
  readonly stopAlice?: AbortSignal
  readonly afterMessage?: boolean
  readonly totals?: TransferTotals
}

/** Alice sends, bob takes. */
async function send(
  sources: TransferSource[],
  { line, stopAlice, totals, afterMessage, ...options }: Options = {},
  place = new Place(),
) {
  const [alices, bobs] = pair(line)
  const [alice, bob] = [told('sender'), told('receiver')]
  const signal = stopAlice ?? new AbortController().signal
  const sending = sendDirectly(alices, alice.output, {
    to: 'bob',
    sources,
    totals,
    timeoutSec: 60,
    afterMessage,
    signal,
  })
  const taking = takeItems(bobs, 'alice', {
    output: bob.output,
    saving: {
      directory: 'inbox',
      maxBytes: 1_000_000,
      signal,
      silent: true,
      record: new SaveRecord(),
    },
    takeInto: (directory) => ({
      take: place.take,
      savedAs: (item) => ({ path: `${directory}/${item.name}`, already: false }),
    }),
    signal: new AbortController().signal,
    ...options,
  })
  const [sent, taken] = await Promise.allSettled([sending, taking])
  if (taken.status === 'rejected') throw taken.reason
  const error = sent.status === 'rejected' ? sent.reason : undefined
  return {
    sent: sent.status === 'fulfilled' ? sent.value : undefined,
    error,
    taken: taken.value,
    alice,
    bob,
    place,
  }
}

direct('are told of on both sides, a directory once', async () => {
  const sources = [
    file('report.pdf', pattern(200_000)),
    file('empty', pattern(0)),
    tree('photos', { a: pattern(10), sub: null, 'sub/b': pattern(100_000) }),
  ]
  const { sent, taken, alice, bob, place } = await send(sources)
  assert.equal([sent?.delivered, sent?.failed], [3, 0])
  assert.equal([taken.saved, taken.failed, taken.error], [3, 0, undefined])
  assert.equal(alice.lines, [
    '(delivered report.pdf to bob)',
    '(delivered empty to bob)',
    '(delivered photos (2 files, 100 kB) to bob)',
  ])
  assert.equal(bob.lines, [
    '* alice: [file] report.pdf (200 kB) saved as inbox/report.pdf',
    '* alice: [file] empty (0 bytes) saved as inbox/empty',
    '* alice: [directory] photos (2 files, 100 kB) saved as inbox/photos',
  ])
  assert.equal(alice.events, [
    ['file_delivered', { to: 'bob', name: 'report.pdf', size: 200_000 }],
    ['file_delivered', { to: 'bob', name: 'empty', size: 0 }],
    ['file_delivered', { to: 'bob', name: 'photos', kind: 'directory', size: 100_010, files: 2 }],
  ])
  assert.ok(place.saved.get('report.pdf')?.equals(pattern(200_000)))
})

direct('that are not taken, for one reason or another, keep no other from arriving', async () => {
  const unreadable = { failAt: 0, error: new ProtocolError('file_changed', 'a program wrote to it') }
  const sources = [
    file('large', pattern(1_000_001)),
    file('changing', pattern(300_000), unreadable),
    file('fine', pattern(5)),
  ]
  const { sent, taken, alice, bob } = await send(sources)
  assert.equal([sent?.delivered, sent?.failed, taken.saved], [1, 2, 1])
  assert.equal(alice.lines, [
    "(not delivered: large: larger than bob's receiver takes (its --max-file) (file_too_large))",
    '(not delivered: changing: a program wrote to it (file_changed))',
    '(delivered fine to bob)',
  ])
  assert.equal(bob.lines, [
    '* alice: [file] large (1.0 MB) larger than 1.0 MB (--max-file): not taken',
    '* alice: [file] changing (300 kB) changed while it was being sent: not saved',
    '* alice: [file] fine (5 bytes) saved as inbox/fine',
  ])
})

direct('are asked for once, and no means none', async () => {
  for (const answer of [true, false]) {
    const questions: string[] = []
    const ask = async (question: string) => {
      questions.push(question)
      return answer
    }
    const sources = [file('a\x1b[2J', pattern(100_000)), file('b', pattern(5)), tree('c', { d: pattern(5) })]
    const { sent, alice, place } = await send(sources, { ask })
    assert.equal(questions, ['alice wants to send a_[2J (100 kB). Save it, and what comes with it?'])
    assert.equal([sent?.delivered, place.saved.size > 0], [answer ? 3 : 0, answer])
    if (!answer) assert.match(alice.lines[0] ?? '', 'bob does not want it (file_refused)')
  }
})

direct('are asked for with how much there is, as their sender says', async () => {
  const large = pattern(100_000)
  const cases: [TransferSource[], TransferTotals, string][] = [
    [[file('a', large)], { files: 1, bytes: 100_000 }, 'a (100 kB). Save it?'],
    [[file('a', large)], { files: 3, bytes: 1_200_000_000 }, 'a and 2 more (3 files, 1.2 GB). Save them?'],
    [[file('a', large)], { files: 2 }, 'a and 1 more (2 files). Save them?'],
    [[file('a', large)], { files: 0, bytes: 0 }, 'a (100 kB). Save it, and what comes with it?'],
    [
      [tree('photos', { a: pattern(5) })],
      { files: 341, bytes: 1_200_000_000 },
      'the directory photos (341 files, 1.2 GB). Save it, and what comes with it?',
    ],
    [[tree('photos', {})], {}, 'the directory photos. Save it, and what comes with it?'],
  ]
  for (const [sources, totals, expected] of cases) {
    const questions: string[] = []
    const ask = async (question: string) => questions.push(question) > 0
    // What was said does not bind: it is taken all the same.
    const { taken } = await send(sources, { ask, totals })
    assert.equal(questions, [`alice wants to send ${expected}`])
    assert.equal([taken.saved > 0, taken.failed], [true, 0])
  }
})

direct('are not taken without a place, which is for the sender to say; nor is a stream', async () => {
  const files = await send([file('a', pattern(100_000)), file('b', pattern(5))], { saving: undefined })
  assert.is(files.sent?.refusal, 'files_not_taken')
  assert.equal([files.alice.lines, files.bob.lines], [[], []])
  // What cannot wait at the KDC, no user would hear of otherwise.
  const others = [tree('photos', { a: pattern(5) }), file('x.tar', pattern(5), { size: undefined })]
  const { bob } = await send(others, { saving: undefined })
  const why = 'not taken: to save files, start with --output DIR'
  assert.equal(bob.lines, [`* alice: [directory] photos ${why}`, `* alice: [file] x.tar ${why}`])
  assert.equal(bob.events, [])
  const stream = await send([{ ...file('x', pattern(100_000)), kind: 'bytes' }])
  assert.is(stream.sent?.refusal, 'stream_not_taken')
  assert.equal(stream.bob.lines, ['(alice wants to send a stream, which is taken with --once)'])
})

direct('of one sender are taken up to ten times --max-file, over however many channels', async () => {
  const record = new SaveRecord()
  const signal = new AbortController().signal
  const saving = { directory: 'inbox', maxBytes: 100_000, signal, silent: true, record }
  const fill = (count: number) => Array.from({ length: count }, (_, i) => file(`f${i}`, pattern(100_000)))
  const codes = ({ alice }: Awaited<ReturnType<typeof send>>) =>
    alice.events.flatMap(([name, { code }]) => (name === 'file_not_delivered' ? [code] : []))
  assert.equal(codes(await send(fill(4), { saving })), [])
  // Those under way at the same time have one budget, too.
  const both = await Promise.all([send(fill(5), { saving }), send(fill(5), { saving })])
  assert.equal(both.flatMap(codes), Array(4).fill('transfer_too_large'))
  assert.match(
    both.flatMap(({ bob }) => bob.lines).join(),
    "more than 1.0 MB of alice's files at once: not taken",
  )
  assert.is(record.bytesOf('alice'), 1_000_000)
  assert.equal(codes(await send([file('one', pattern(1))], { saving })), ['transfer_too_large'])
})

direct('that are not saved do not count against their sender for ever', async () => {
  const record = new SaveRecord()
  const signal = new AbortController().signal
  const saving = { directory: 'inbox', maxBytes: 1_000_000, signal, silent: true, record }
  const large = [file('big.iso', pattern(900_000))]
  for (let attempt = 0; attempt < 12; attempt++) {
    const { taken } = await send(large, {
      saving,
      line: { alice: [], bob: [], cut: { of: 'alice', after: 500_000 } },
    })
    assert.ok(taken.error)
  }
  assert.is(record.bytesOf('alice'), 0)
  assert.is((await send(large, { saving })).taken.saved, 1)
  assert.is(record.bytesOf('alice'), 900_000)
})

direct('a stream goes where streams go, whatever its length', async () => {
  const parts: Uint8Array[] = []
  const sink: FileSink = {
    start: async () => {},
    write: (bytes) => void parts.push(Buffer.from(bytes)),
    finish: async () => {},
    abandon: async () => {},
  }
  const bytes = pattern(3_000_000)
  const source = { ...file('x', bytes, { size: undefined }), kind: 'bytes' } as const
  const { sent, taken, alice, bob } = await send([source], { streamTo: () => sink, saving: undefined })
  assert.equal([sent?.delivered, taken.saved], [1, 1])
  assert.ok(Buffer.concat(parts).equals(bytes))
  assert.equal(alice.lines, ['(delivered 3.0 MB to bob)'])
  assert.equal(bob.lines, ['(took 3.0 MB from alice)'])
})

direct('a stream whose reader has stopped stops its sender', async () => {
  const [alices, bobs] = duplexPair()
  const [stop, { output }] = [new AbortController(), told('x')]
  let produced = 0
  const endless = {
    read: async (into: Uint8Array) => {
      produced += into.length
      return into.length
    },
    close: async () => {},
  }
  const sources = [{ kind: 'bytes', name: 'x', open: async () => endless } as const]
  const options = { to: 'bob', sources, timeoutSec: 60, signal: stop.signal }
  const sending = sendDirectly(alices, output, options).catch((error) => error)
  let written = 0
  const stuck: FileSink = {
    start: async () => {},
    write: (bytes) => {
      written += bytes.length
      return new Promise(() => {})
    },
    finish: async () => {},
    abandon: async () => {},
  }
  const taking = takeItems(bobs, 'alice', {
    output,
    saving: undefined,
    streamTo: () => stuck,
    signal: stop.signal,
  })
  for (let turn = 0; turn < 25; turn++) await settled()
  assert.ok(written > 0, 'it has begun')
  assert.ok(produced < 4_000_000, `${produced} bytes were read for a reader that has stopped`)
  stop.abort(new Error('stopped'))
  await sending
  bobs.destroy()
  void taking
})

direct('that are cut say how far they came, and go on from there the next time', async () => {
  const bytes = pattern(900_000)
  const place = new Place()
  const line = { alice: [], bob: [], cut: { of: 'alice', after: 700_000 } } as const
  const cut = await send(
    [file('first', pattern(5)), file('big.iso', bytes)],
    { line: { ...line, alice: [], bob: [] } },
    place,
  )
  assert.match(
    cut.error.message,
    /^the stream (was cut|failed): 1 item delivered to bob; big\.iso was on its way, \d+ kB of 900 kB$/,
  )
  assert.equal([cut.error.code, cut.error.exitCode], ['channel_truncated', 3])
  assert.match(cut.error.hint, /^the same command again goes on/)
  assert.ok(cut.taken.error)
  assert.match(
    cut.bob.lines.at(-1) ?? '',
    /^\(alice: big\.iso: the stream .* after \d+ kB of 900 kB, from which it goes on when it is sent again\)$/,
  )
  assert.not.ok(place.saved.has('big.iso'))
  place.held.set('big.iso', bytes.subarray(0, 400_000))
  const again = await send([file('big.iso', bytes)], {}, place)
  assert.match(again.alice.lines[0] ?? '', /^\(big\.iso: going on from 400 kB of 900 kB, which bob has\)$/)
  const resumed = again.alice.events.find(([name]) => name === 'resumed')
  assert.is(resumed?.[1].bytes, 400_000)
  assert.match(again.bob.lines[0] ?? '', /^\(alice: big\.iso goes on from 400 kB of 900 kB\)$/)
  assert.ok(place.saved.get('big.iso')?.equals(bytes))
})

direct('that are stopped say what was done', async () => {
  const stop = new AbortController()
  const source = file('big.iso', pattern(900_000))
  const { error, taken } = await send(
    [
      {
        ...source,
        async open() {
          stop.abort(new Error('stopped'))
          return source.open()
        },
      },
    ],
    { stopAlice: stop.signal, afterMessage: true },
  )
  assert.match(error.message, /^stopped: nothing was on its way$/)
  assert.is(error.exitCode, 1)
  assert.match(error.hint, 'the same command without the message goes on')
  assert.ok(taken.error)
})

direct.run()
