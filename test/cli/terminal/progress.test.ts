/** Sizes and progress, for people and programs. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseSize, sizeText } from '../../../src/cli/terminal/format.ts'
import type { Output } from '../../../src/cli/terminal/output.ts'
import {
  type ProgressUpdate,
  progressLine,
  progressSink,
  TransferProgress,
} from '../../../src/cli/terminal/progress.ts'
import { talk } from '../../../src/cli/terminal/terminal.ts'
import { throws } from '../../helpers/throws.ts'

const progress = suite('sizes and progress')

// Colour is judged elsewhere.
process.env.NO_COLOR = '1'

/** An event as it is written: without the fields that do not apply. */
const asWritten = (event: unknown[]): unknown => JSON.parse(JSON.stringify(event))

progress('sizes are given in units with two or three digits', () => {
  const cases: [number, string][] = [
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9951, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_234_567, '1.2 MB'],
    [268_419_072, '268 MB'],
    [5e9, '5.0 GB'],
    [2e15, '2000 TB'],
  ]
  for (const [bytes, text] of cases) assert.is(sizeText(bytes), text)
})

progress('sizes are taken with or without a unit', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['1000', 1000],
    ['2 bytes', 2],
    ['100MB', 100_000_000],
    ['100 mb', 100_000_000],
    ['1.5k', 1500],
    ['64KiB', 65_536],
    ['2GiB', 2 ** 31],
  ]
  for (const [text, bytes] of cases) assert.is(parseSize('--max-file', text), bytes)
  for (const text of ['', '-1', 'MB', '1e9', '1 XB', '0x10', '1.', '9999999999TB', '1,5MB']) {
    throws(() => parseSize('--max-file', text), 'usage')
  }
})

const lineOf = (name: string, bytes: number, size: number, seconds: number, columns: number) =>
  progressLine({ name, bytes, size }, seconds, columns)

progress('a line tells how much, how fast and how long, in less than the width of the terminal', () => {
  assert.is(
    lineOf('report.pdf', 12_300_000, 27_000_000, 4, 80),
    'report.pdf  45 %, 12 MB of 27 MB, 3.1 MB/s, 5 s left',
  )
  assert.match(lineOf('x', 0, 0, 1, 80), /^x {2}100 %, 0 bytes of 0 bytes, 0 bytes\/s$/)
  assert.match(lineOf('x', 1, 1e6, 1, 80), /, 278 h left$/)
  for (const name of ['a'.repeat(200), '日'.repeat(60), 'x\x1b[2J']) {
    const line = lineOf(name, 500_000_000, 999_000_000, 100, 80)
    const cells = [...line].reduce(
      (sum, character) => sum + ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2),
      0,
    )
    assert.ok(cells < 80, line)
    assert.not.ok(line.includes('\x1b'))
  }
})

progress('of several files it tells which, and how far all are; of what has no known size how much', () => {
  const name = 'a.jpg'
  const whole = { file: 12, files: 340, bytes: 12_300_000, size: 27_000_000 }
  assert.is(
    progressLine({ name, bytes: 5, size: 10, whole }, 4, 80),
    'a.jpg  12 of 340 files, 45 %, 12 MB of 27 MB, 3.1 MB/s, 5 s left',
  )
  assert.is(progressLine({ name: 'b.tar', bytes: 12_300_000 }, 4, 80), 'b.tar  12 MB, 3.1 MB/s')
  const some = { file: 12, bytes: 12_300_000 }
  assert.match(
    progressLine({ name, bytes: 5, size: 10, whole: some }, 4, 80),
    /^a\.jpg {2}file 12, 50 %, 5 bytes of 10 bytes, 3\.1 MB\/s, 1 s left$/,
  )
  const first = { file: 1, bytes: 5 }
  assert.match(progressLine({ name, bytes: 5, size: 10, whole: first }, 1, 80), /^a\.jpg {2}50 %/)
  // One of one is not counted.
  const one = { file: 1, files: 1, bytes: 5, size: 10 }
  assert.match(progressLine({ name, bytes: 5, size: 10, whole: one }, 1, 80), /^a\.jpg {2}50 %/)
  // What was there before makes nothing fast.
  assert.is(
    progressLine({ name, bytes: 900, size: 1000, before: 800 }, 1, 80),
    'a.jpg  90 %, 900 bytes of 1.0 kB, 100 bytes/s, 1 s left',
  )
  // Nor is a file that has grown more than all of it.
  assert.match(progressLine({ name, bytes: 11, size: 10 }, 1, 80), /^a\.jpg {2}100 %.* 0 s left$/)
})

progress('programs hear how far all are', () => {
  let now = 0
  const events: unknown[] = []
  const output = {
    json: true,
    event: (...event: unknown[]) => events.push(asWritten(event)),
  } as unknown as Output
  const sink = progressSink(output, { clock: () => now })
  now = 300
  sink.at({ name: 'a', bytes: 5, size: 10, whole: { file: 2, files: 3, bytes: 15, size: 30 } })
  now = 600
  sink.at({ name: 'b', bytes: 7, whole: { file: 3, bytes: 22 } })
  assert.equal(events, [
    ['progress', { name: 'a', bytes: 5, size: 10, file: 2, files: 3, total_bytes: 15, total_size: 30 }],
    ['progress', { name: 'b', bytes: 7, file: 3, total_bytes: 22 }],
  ])
})

function watched(isTTY: boolean, options: Partial<Output> = {}) {
  let now = 0
  const written: string[] = []
  const events: unknown[] = []
  const output = {
    json: false,
    trace: undefined,
    event: (...event: unknown[]) => events.push(asWritten(event)),
    ...options,
  } as Output
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) > 0 }
  const shown = progressSink(output, { stream: stream as never, clock: () => now })
  const at = (ms: number, bytes: number) => {
    now = ms
    shown.at({ name: 'a', bytes, size: 100 })
  }
  return { at, end: () => shown.end(), written, events }
}

progress('what is over at once shows no line; a longer one is wiped at the end', () => {
  const short = watched(true)
  short.at(400, 100)
  short.end()
  assert.equal(short.written, [])
  const long = watched(true)
  long.at(600, 50)
  long.at(700, 60)
  long.at(900, 70)
  long.end()
  assert.is(long.written.length, 3)
  assert.ok(long.written[0]?.startsWith('\ra  50 %'))
  assert.ok(long.written[0]?.endsWith('\x1b[K'))
  assert.is(long.written[2], '\r\x1b[K')
})

progress('a line that comes in between begins at the edge, and not behind it', () => {
  const shown = watched(true)
  shown.at(600, 50)
  const { write } = process.stderr
  try {
    process.stderr.write = ((text: string) => shown.written.push(text) > 0) as typeof write
    talk('sender')('not sent: docs/link')
  } finally {
    process.stderr.write = write
  }
  shown.end()
  assert.equal(shown.written.slice(1), ['\r\x1b[K', 'sender: not sent: docs/link\n'])
})

progress('nothing is shown where stderr is no terminal, nor among the lines of a trace', () => {
  for (const quiet of [watched(false), watched(true, { trace: () => {} })]) {
    quiet.at(1000, 50)
    quiet.end()
    assert.equal([quiet.written, quiet.events], [[], []])
  }
})

progress('programs hear four times a second at most', () => {
  const program = watched(true, { json: true })
  for (let ms = 0; ms <= 1000; ms += 10) program.at(ms, ms / 10)
  program.end()
  assert.is(program.events.length, 4)
  assert.equal(program.events[0], ['progress', { name: 'a', bytes: 25, size: 100 }])
  assert.equal(program.written, [])
})

const file = (name: string, size: number) => ({ kind: 'file' as const, name, size })

function counted() {
  const told: ProgressUpdate[] = []
  return {
    told,
    transfer: new TransferProgress({ at: (update) => told.push(update), end() {} }, ({ name }) => name),
  }
}

progress('tells of the whole once it is known how much there is', () => {
  const { told, transfer } = counted()
  const [a, b] = [file('a', 100), file('b', 200)]
  transfer.expect({ files: 2, bytes: 300 })
  transfer.begin(a)
  transfer.at(a, 100)
  transfer.begin(b, 150)
  transfer.at(b, 160)
  assert.equal(
    told.map(({ whole, before }) => [whole, before]),
    [
      [{ file: 1, files: 2, bytes: 100, size: 300 }, 0],
      [{ file: 2, files: 2, bytes: 260, size: 300 }, 150],
    ],
  )
})

progress('of one file it tells nothing more, until there is another', () => {
  const { told, transfer } = counted()
  const [a, b] = [file('a', 10), file('b', 5)]
  transfer.expect({ files: 1, bytes: 10 })
  transfer.begin(a)
  transfer.at(a, 10)
  assert.is(told.at(-1)?.whole, undefined)
  transfer.begin(b)
  transfer.at(b, 5)
  assert.equal(told.at(-1)?.whole, { file: 2, files: undefined, bytes: 15, size: undefined })
})

progress('where there is more than was said, it says no more how much there is', () => {
  const { told, transfer } = counted()
  const a = file('a', 20)
  transfer.expect({ files: 5, bytes: 10 })
  transfer.begin(a)
  transfer.at(a, 10)
  assert.is(told.at(-1)?.whole?.size, 10)
  transfer.at(a, 11)
  assert.equal(told.at(-1)?.whole, { file: 1, files: 5, bytes: 11, size: undefined })
})

progress.run()
